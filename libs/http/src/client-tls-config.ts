/** `tls_config` of an HTTP client. */
import { bool, field, parsed, path, secret, string, struct } from '@prom/yaml'

export type TlsVersion = 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13'

const VERSIONS: readonly TlsVersion[] = ['TLS13', 'TLS12', 'TLS11', 'TLS10']

/** Empty: the client's default. */
const tlsVersion = parsed<TlsVersion | ''>({
  zero: '',
  parse(text) {
    const version = VERSIONS.find((known) => known === text)
    return version === undefined ? { error: `unknown TLS version: ${text}` } : { value: version }
  },
  print: (version) => version,
})

const count = (...set: boolean[]) => set.filter(Boolean).length

export const tlsConfig = struct(
  'config.plain',
  {
    ca: field('ca', string),
    cert: field('cert', string),
    key: field('key', secret),
    caFile: field('ca_file', path),
    certFile: field('cert_file', path),
    keyFile: field('key_file', path),
    caRef: field('ca_ref', string),
    certRef: field('cert_ref', string),
    keyRef: field('key_ref', string),
    serverName: field('server_name', string),
    insecureSkipVerify: field('insecure_skip_verify', bool, { isAlwaysPrinted: true }),
    minVersion: field('min_version', tlsVersion),
    maxVersion: field('max_version', tlsVersion),
  },
  {
    typeName: 'config.TLSConfig',
    check(tls) {
      if (count(tls.ca !== '', tls.caFile !== '', tls.caRef !== '') > 1) {
        return 'at most one of ca, ca_file & ca_ref must be configured'
      }
      const certs = count(tls.cert !== '', tls.certFile !== '', tls.certRef !== '')
      if (certs > 1) return 'at most one of cert, cert_file & cert_ref must be configured'
      const keys = count(tls.key.value !== '', tls.keyFile !== '', tls.keyRef !== '')
      if (keys > 1) return 'at most one of key and key_file must be configured'
      if (certs > 0 && keys === 0) {
        return 'exactly one of key or key_file must be configured when a client certificate is configured'
      }
      if (keys > 0 && certs === 0) {
        return 'exactly one of cert or cert_file must be configured when a client key is configured'
      }
      return undefined
    },
  },
)
