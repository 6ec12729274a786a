/** The file behind `--web.config.file`: TLS, headers, users. Error texts are the original's. */
import { quoteGo } from '@prom/model'
import {
  bool,
  duration,
  field,
  type Infer,
  int,
  list,
  loadYaml,
  map,
  oneOf,
  type Schema,
  secret,
  string,
  struct,
} from '@prom/yaml'
import { CIPHERS, CURVES, TLS_VERSIONS, type TlsVersion } from './tls-names.ts'

export const tlsVersion: Schema<TlsVersion> = oneOf(
  Object.keys(TLS_VERSIONS) as TlsVersion[],
  (text) => `unknown TLS version: ${text}`,
)

const cipher = oneOf(Object.keys(CIPHERS), (text) => `unknown cipher: ${text}`)
const curve = oneOf(Object.keys(CURVES), (text) => `unknown curve: ${text}`)

export const tlsServerConfig = struct('web.TLSConfig', {
  cert: field('cert', string),
  key: field('key', secret),
  clientCa: field('client_ca', string),
  certFile: field('cert_file', string),
  keyFile: field('key_file', string),
  clientAuthType: field('client_auth_type', string),
  clientCaFile: field('client_ca_file', string),
  cipherSuites: field('cipher_suites', list(cipher)),
  curvePreferences: field('curve_preferences', list(curve)),
  minVersion: field('min_version', tlsVersion, { default: 'TLS12' as TlsVersion }),
  maxVersion: field('max_version', tlsVersion, { default: 'TLS13' as TlsVersion }),
  preferServerCipherSuites: field('prefer_server_cipher_suites', bool, { default: true }),
  clientAllowedSans: field('client_allowed_sans', list(string)),
})

const httpServerConfig = struct(
  'web.HTTPConfig',
  { http2: field('http2', bool, { default: true }), headers: field('headers', map(string)) },
  { check: ({ headers }) => checkHeaders(headers) },
)

const rateLimitConfig = struct('web.RateLimiterConfig', {
  interval: field('interval', duration),
  burst: field('burst', int),
})

export const webConfig = struct(
  'web.Config',
  {
    tls: field('tls_server_config', tlsServerConfig, { default: tlsServerConfig.create }),
    http: field('http_server_config', httpServerConfig, { default: httpServerConfig.create }),
    rateLimit: field('rate_limit', rateLimitConfig, { default: rateLimitConfig.create }),
    users: field('basic_auth_users', map(secret, 'map[string]config.Secret')),
  },
  { removed: { tls_config: 'tls_server_config' } },
)
export type WebConfig = Infer<typeof webConfig>
export type TlsServerConfig = WebConfig['tls']

/** Reads the file's text; throws an Error with the original's text. */
export function parseWebConfig(text: string, file: string): WebConfig {
  const loaded = loadYaml(text, webConfig, file, { empty: webConfig.create })
  if ('errors' in loaded) throw new Error(loaded.message)
  return loaded.value
}

/** Allowed headers and their values; empty: any. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'Strict-Transport-Security': [],
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': [],
  'Content-Security-Policy': [],
}

function checkHeaders(headers: ReadonlyMap<string, string>): string | undefined {
  for (const [name, value] of headers) {
    const allowed = Object.hasOwn(HEADERS, name) ? HEADERS[name] : undefined
    if (!allowed) return `HTTP header ${quoteGo(name)} can not be configured`
    if (allowed.length > 0 && !allowed.includes(value.toLowerCase())) {
      const expected = allowed.map(quoteGo).join(' ')
      return `invalid value for ${name}. Expected one of: [${expected}], but got: ${quoteGo(value)}`
    }
  }
  return undefined
}

export const CLIENT_AUTH_TYPES: readonly string[] = [
  '',
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'RequireClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
]
