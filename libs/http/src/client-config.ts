/** The HTTP client block (`http_config`): whole in some sections, its keys inline in most. */
import { bool, field, type Infer, inline, optional, path, secret, string, struct } from '@prom/yaml'
import { tlsConfig } from './client-tls-config.ts'
import { httpHeaders } from './header-config.ts'
import { oauth2, proxyConfig } from './oauth2-config.ts'

const basicAuth = struct('config.plain', {
  username: field('username', string),
  usernameFile: field('username_file', path),
  usernameRef: field('username_ref', string),
  password: field('password', secret),
  passwordFile: field('password_file', path),
  passwordRef: field('password_ref', string),
})

const authorization = struct('config.Authorization', {
  type: field('type', string),
  credentials: field('credentials', secret),
  credentialsFile: field('credentials_file', path),
  credentialsRef: field('credentials_ref', string),
})

const fields = {
  basicAuth: field('basic_auth', optional(basicAuth)),
  authorization: field('authorization', optional(authorization)),
  oauth2: field('oauth2', optional(oauth2)),
  /** Legacy: `finish` turns it into `authorization`, so it is always empty afterwards. */
  bearerToken: field('bearer_token', secret),
  bearerTokenFile: field('bearer_token_file', path),
  tls: field('tls_config', tlsConfig),
  followRedirects: field('follow_redirects', bool, { default: true, isAlwaysPrinted: true }),
  enableHttp2: field('enable_http2', bool, { default: true, isAlwaysPrinted: true }),
  proxy: inline(proxyConfig),
  httpHeaders: field('http_headers', optional(httpHeaders)),
}

export const httpClientConfig = struct('config.plain', fields, {
  typeName: 'config.HTTPClientConfig',
  check: checkClient,
  finish: settleAuthorization,
})

/** remote_write speaks HTTP/1.1 unless told otherwise. */
export const httpClientConfigWithoutHttp2 = struct(
  'config.plain',
  {
    ...fields,
    enableHttp2: field('enable_http2', bool, { default: false, isAlwaysPrinted: true }),
  },
  { typeName: 'config.HTTPClientConfig', check: checkClient, finish: settleAuthorization },
)

export type HttpClientConfig = Infer<typeof httpClientConfig>
export type TlsClientConfig = Infer<typeof tlsConfig>

const count = (...set: boolean[]) => set.filter(Boolean).length

function checkClient(config: HttpClientDraft): string | undefined {
  const { basicAuth, authorization, oauth2 } = config
  const hasBearer = config.bearerToken.value !== '' || config.bearerTokenFile !== ''
  if (config.bearerToken.value !== '' && config.bearerTokenFile !== '') {
    return 'at most one of bearer_token & bearer_token_file must be configured'
  }
  if ((basicAuth || oauth2) && hasBearer) {
    return 'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured'
  }
  if (basicAuth) {
    const { username, usernameFile, usernameRef, password, passwordFile, passwordRef } = basicAuth
    if (count(username !== '', usernameFile !== '', usernameRef !== '') > 1) {
      return 'at most one of basic_auth username, username_file & username_ref must be configured'
    }
    if (count(password.value !== '', passwordFile !== '', passwordRef !== '') > 1) {
      return 'at most one of basic_auth password, password_file & password_ref must be configured'
    }
  }
  if (authorization) {
    if (hasBearer) return 'authorization is not compatible with bearer_token & bearer_token_file'
    const { credentials, credentialsFile, credentialsRef } = authorization
    if (count(credentials.value !== '', credentialsFile !== '', credentialsRef !== '') > 1) {
      return 'at most one of authorization credentials & credentials_file must be configured'
    }
    if (authorization.type.trim().toLowerCase() === 'basic') {
      return 'authorization type cannot be set to "basic", use "basic_auth" instead'
    }
  }
  if (count(basicAuth !== undefined, oauth2 !== undefined, authorization !== undefined) > 1) {
    return 'at most one of basic_auth, oauth2 & authorization must be configured'
  }
  return undefined
}

type HttpClientDraft = {
  readonly basicAuth: Infer<typeof basicAuth> | undefined
  readonly authorization: Infer<typeof authorization> | undefined
  readonly oauth2: Infer<typeof oauth2> | undefined
  readonly bearerToken: Infer<typeof secret>
  readonly bearerTokenFile: string
}

/** A bearer token is an authorization of that type; one without a type is too. */
function settleAuthorization<T extends HttpClientDraft>(config: T): T {
  const { authorization, bearerToken, bearerTokenFile } = config
  if (authorization) {
    return {
      ...config,
      authorization: { ...authorization, type: authorization.type.trim() || 'Bearer' },
    }
  }
  if (bearerToken.value === '' && bearerTokenFile === '') return config
  return {
    ...config,
    authorization: {
      type: 'Bearer',
      credentials: bearerToken,
      credentialsFile: bearerTokenFile,
      credentialsRef: '',
    },
    bearerToken: secret.zero(),
    bearerTokenFile: '',
  }
}
