/** OAuth2 client credentials: a token from `token_url`, kept until it is about to expire. */
import type { Clock } from '@prom/runtime'
import type { HttpClientConfig } from '../client-config.ts'
import { basicHeader, readSecret } from './authorize.ts'
import { Transport } from './transport.ts'

type OAuth2Config = NonNullable<HttpClientConfig['oauth2']>

/** A token this close to its end is not used any more. */
const EARLY_MS = 10_000
const TOKEN_LIMIT_BYTES = 1024 * 1024

export class OAuth2Token {
  readonly #config: OAuth2Config
  readonly #clock: Clock
  readonly #transport: Transport
  #header = ''
  #expiresMs = 0
  #secret = ''

  constructor(
    client: HttpClientConfig,
    config: OAuth2Config,
    { clock, env }: { clock: Clock; env: Readonly<Record<string, string | undefined>> },
  ) {
    if (config.grantType !== '' && config.grantType !== 'client_credentials') {
      throw new Error(`oauth2 grant_type ${config.grantType} is not supported`)
    }
    this.#config = config
    this.#clock = clock
    this.#transport = new Transport({ ...client, tls: config.tls, proxy: config.proxy }, env)
  }

  /** The `Authorization` header. A secret that changed in its file is used at once. */
  async header(signal: AbortSignal): Promise<string> {
    const { clientSecret, clientSecretFile } = this.#config
    const secret = clientSecretFile
      ? readSecret('client secret', clientSecretFile)
      : clientSecret.reveal()
    if (this.#header === '' || secret !== this.#secret || this.#clock.now() >= this.#expiresMs) {
      await this.#fetch(secret, signal)
    }
    return this.#header
  }

  close(): void {
    this.#transport.close()
  }

  async #fetch(secret: string, signal: AbortSignal): Promise<void> {
    const { clientId, scopes, tokenUrl, endpointParams } = this.#config
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    if (scopes.length > 0) form.set('scope', scopes.join(' '))
    for (const [name, value] of endpointParams) form.set(name, value)
    const answer = await this.#transport.exchange({
      method: 'POST',
      url: new URL(tokenUrl),
      headers: [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Authorization', basicHeader(encodeURIComponent(clientId), encodeURIComponent(secret))],
      ],
      body: form.toString(),
      signal,
      bodyLimitBytes: TOKEN_LIMIT_BYTES,
      isDecoding: true,
    })
    const text = Buffer.from(answer.body).toString()
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`oauth2: cannot fetch token: ${answer.status}\nResponse: ${text}`)
    }
    const token = parseToken(text)
    this.#header = `${token.type} ${token.access}`
    this.#expiresMs = this.#clock.now() + token.lifetimeMs - EARLY_MS
    this.#secret = secret
  }
}

function parseToken(text: string): { type: string; access: string; lifetimeMs: number } {
  let json: Record<string, unknown> = {}
  try {
    json = JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new Error('oauth2: cannot parse json: invalid answer')
  }
  const access = json.access_token
  if (typeof access !== 'string' || access === '') {
    throw new Error('oauth2: server response missing access_token')
  }
  const type = typeof json.token_type === 'string' ? json.token_type : ''
  const seconds = Number(json.expires_in)
  return {
    type: type === '' || type.toLowerCase() === 'bearer' ? 'Bearer' : type,
    access,
    lifetimeMs: seconds > 0 ? seconds * 1000 : Infinity,
  }
}
