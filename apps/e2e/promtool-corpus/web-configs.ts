// tidy: table. Web configuration files.
import type { Input } from './input.ts'

const HASH = '$2y$10$0123456789012345678901uabcdefghijklmnopqrstuvwxyzABCD'
const web = (text: string): Input => ({
  argv: ['check', 'web-config', 'w.yml'],
  files: { 'w.yml': text },
})

export const WEB_CONFIGS: readonly Input[] = [
  '{}\n',
  'null\n',
  '- a\n',
  'tls_server_config:\n',
  'tls_server_config: {}\n',
  'tls_server_config: {cert_file: c.pem, key_file: k.pem}\n',
  'tls_server_config: {cert: x, key: y}\n',
  'tls_server_config: {cert: x, cert_file: y, key: z}\n',
  'tls_server_config: {client_auth_type: Nope}\n',
  'tls_server_config: {client_auth_type: RequireAndVerifyClientCert}\n',
  'tls_server_config: {client_ca_file: ca.pem}\n',
  'tls_server_config: {min_version: TLS12, max_version: TLS13}\n',
  'tls_server_config: {min_version: 1.2}\n',
  'tls_server_config: {max_version: TLS14}\n',
  'tls_server_config: {cipher_suites: [TLS_AES_128_GCM_SHA256]}\n',
  'tls_server_config: {curve_preferences: [CurveP256, X25519]}\n',
  'tls_server_config: {curve_preferences: [nope]}\n',
  'tls_server_config: {prefer_server_cipher_suites: maybe}\n',
  'tls_server_config: {nope: 1}\n',
  'http_server_config: {http2: false}\n',
  'http_server_config: {http2: [true]}\n',
  'http_server_config: {headers: [a]}\n',
  'http_server_config: {headers: {X-Frame-Options: deny, X-XSS-Protection: "0"}}\n',
  'http_server_config: {headers: {X-Content-Type-Options: nosniff}}\n',
  'http_server_config: {headers: {X-Content-Type-Options: nope}}\n',
  'http_server_config: {headers: {Strict-Transport-Security: "max-age=1"}}\n',
  'http_server_config: {nope: 1}\n',
  'basic_auth_users:\n',
  `basic_auth_users: {a: '${HASH}'}\n`,
  'basic_auth_users: {a: ""}\n',
  'basic_auth_users: {a: [b]}\n',
  'basic_auth_users: {a: b, a: c}\n',
  'rate_limit: {interval: 1s}\n',
  'tls_server_config: [\n',
].map(web)
