export {
  type HttpClientConfig,
  httpClientConfig,
  httpClientConfigWithoutHttp2,
  type TlsClientConfig,
} from './client-config.ts'
export { tlsConfig } from './client-tls-config.ts'
export type { HttpAnswer, HttpClient, HttpRequest } from './contract.ts'
export { canonicalHeader } from './header-config.ts'
export { type Sigv4Config, sigv4Config } from './sigv4-config.ts'
