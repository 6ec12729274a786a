export {
  AwsCredentials,
  type AwsDeps,
  type AwsIdentity,
  findAwsRegion,
} from './aws/aws-credentials.ts'
export { type AwsKeys, type RequestToSign, signAwsRequest } from './aws/sign-request.ts'
export { createSignedClient, type SignedClientDeps } from './aws/signed-client.ts'
export { queryOf, readBody, readForm } from './body.ts'
export { cleanPath, refusePath, respondRedirect } from './clean-path.ts'
export { HttpClientError, toGoText } from './client/go-errors.ts'
export { createHttpClient, type HttpClientDeps } from './client/http-client.ts'
export {
  type HttpClientConfig,
  httpClientConfig,
  httpClientConfigWithoutHttp2,
  type TlsClientConfig,
} from './client-config.ts'
export { tlsConfig } from './client-tls-config.ts'
export type {
  HttpAnswer,
  HttpClient,
  HttpRequest,
} from './contract.ts'
export { DialMetrics, type DialObserver } from './dial-metrics.ts'
export { HttpLimitError, ListenError } from './errors.ts'
export { askForToken, askGoogleToken, type TokenDeps } from './google-token.ts'
export { anyHttpHeaders, canonicalHeader } from './header-config.ts'
export {
  type HttpHandler,
  type HttpRequestIn,
  HttpServer,
  type HttpServerDeps,
  type HttpServerOptions,
} from './http-server.ts'
export { KeptToken, signToken } from './json-web-token.ts'
export {
  joinHostPort,
  type ListenAddress,
  parseListenAddress,
  splitHostPort,
} from './listen-address.ts'
export { fromPlainClient, toPlainClient } from './plain-client.ts'
export {
  type Answer,
  respond,
  respondCompressed,
  respondError,
  respondMetrics,
  respondPieces,
  respondText,
} from './respond.ts'
export { type Sigv4Config, sigv4Config } from './sigv4-config.ts'
export { openTlsPair, type TlsPair } from './tls-pair.ts'
export { openUiFiles, type UiFiles } from './ui-files.ts'
export { checkWebConfig } from './web-config.ts'
export { parseWebConfig, tlsVersion, type WebConfig, webConfig } from './web-config-schema.ts'
