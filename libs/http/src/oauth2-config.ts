/** `oauth2` and the proxy keys, which stand in it and in the client block itself. */
import { bool, field, inline, list, map, path, secret, string, struct, url } from '@prom/yaml'
import { tlsConfig } from './client-tls-config.ts'
import { oauth2Claims } from './oauth2-claims.ts'

export const proxyConfig = struct(
  'config.ProxyConfig',
  {
    proxyUrl: field('proxy_url', url),
    noProxy: field('no_proxy', string),
    fromEnvironment: field('proxy_from_environment', bool),
    connectHeader: field('proxy_connect_header', map(list(secret), 'config.ProxyHeader')),
  },
  {
    check({ proxyUrl, noProxy, fromEnvironment, connectHeader }) {
      if (connectHeader.size > 0 && !fromEnvironment && proxyUrl === '') {
        return 'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured'
      }
      if (fromEnvironment && proxyUrl !== '') {
        return 'if proxy_from_environment is configured, proxy_url must not be configured'
      }
      if (fromEnvironment && noProxy !== '') {
        return 'if proxy_from_environment is configured, no_proxy must not be configured'
      }
      if (proxyUrl === '' && noProxy !== '') {
        return 'if no_proxy is configured, proxy_url must also be configured'
      }
      return undefined
    },
  },
)

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const ALGORITHMS = ['RS256', 'RS384', 'RS512']

export const oauth2 = struct(
  'config.plain',
  {
    clientId: field('client_id', string, { isAlwaysPrinted: true }),
    clientSecret: field('client_secret', secret, { isAlwaysPrinted: true }),
    clientSecretFile: field('client_secret_file', path),
    clientSecretRef: field('client_secret_ref', string),
    /** Signs the assertion of the JWT grant. */
    clientCertificateKeyId: field('client_certificate_key_id', string),
    clientCertificateKey: field('client_certificate_key', secret),
    clientCertificateKeyFile: field('client_certificate_key_file', path),
    grantType: field('grant_type', string),
    signatureAlgorithm: field('signature_algorithm', string),
    issuer: field('iss', string),
    audience: field('audience', string),
    claims: field('claims', oauth2Claims),
    scopes: field('scopes', list(string)),
    tokenUrl: field('token_url', string, { isAlwaysPrinted: true }),
    endpointParams: field('endpoint_params', map(string)),
    tls: field('tls_config', tlsConfig),
    proxy: inline(proxyConfig),
  },
  {
    typeName: 'config.OAuth2',
    check(config) {
      if (config.clientId === '') return 'oauth2 client_id must be configured'
      if (config.tokenUrl === '') return 'oauth2 token_url must be configured'
      const secrets = [config.clientSecret.value, config.clientSecretFile, config.clientSecretRef]
      if (secrets.filter((value) => value !== '').length > 1) {
        return 'at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using grant-type=client_credentials'
      }
      if (config.grantType !== JWT_BEARER) return undefined
      const isKnown =
        config.signatureAlgorithm === '' || ALGORITHMS.includes(config.signatureAlgorithm)
      return isKnown ? undefined : 'valid signature algorithms are RS256, RS384 and RS512'
    },
  },
)
