export { queryOf, readBody, readForm } from './body.ts'
export type { HttpAnswer, HttpClient, HttpRequest } from './contract.ts'
export { HttpLimitError, ListenError } from './errors.ts'
export {
  type HttpHandler,
  type HttpRequestIn,
  HttpServer,
  type HttpServerDeps,
  type HttpServerOptions,
} from './http-server.ts'
export {
  joinHostPort,
  type ListenAddress,
  parseListenAddress,
  splitHostPort,
} from './listen-address.ts'
export {
  type Answer,
  respond,
  respondCompressed,
  respondError,
  respondText,
} from './respond.ts'
export { checkWebConfig } from './web-config.ts'
export { parseWebConfig, tlsVersion, type WebConfig, webConfig } from './web-config-schema.ts'
