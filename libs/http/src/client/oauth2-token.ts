/** OAuth2, by client credentials or a signed assertion (JWT): a token from `token_url`, kept until it is about to expire. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '@prom/runtime'
import type { HttpClientConfig } from '../client-config.ts'
import { signToken, type TokenAlgorithm } from '../json-web-token.ts'
import { JWT_BEARER } from '../oauth2-config.ts'
import { basicHeader, readSecret } from './authorize.ts'
import { Transport } from './transport.ts'

type OAuth2Config = NonNullable<HttpClientConfig['oauth2']>

/** How long an assertion is good. */
const ASSERTION_S = 600
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
    this.#config = config
    this.#clock = clock
    this.#transport = new Transport({ ...client, tls: config.tls, proxy: config.proxy }, env)
  }

  /** The `Authorization` header. A secret that changed in its file is used at once. */
  async header(signal: AbortSignal): Promise<string> {
    const secret = this.#readSecret()
    if (this.#header === '' || secret !== this.#secret || this.#clock.now() >= this.#expiresMs) {
      await this.#fetch(secret, signal)
    }
    return this.#header
  }

  #readSecret(): string {
    const { clientSecret, clientSecretFile, clientCertificateKey, clientCertificateKeyFile } =
      this.#config
    if (this.#config.grantType === JWT_BEARER) {
      return clientCertificateKeyFile
        ? readSecret('client certificate key', clientCertificateKeyFile)
        : clientCertificateKey.reveal()
    }
    return clientSecretFile ? readSecret('client secret', clientSecretFile) : clientSecret.reveal()
  }

  close(): void {
    this.#transport.close()
  }

  async #fetch(secret: string, signal: AbortSignal): Promise<void> {
    const { clientId, tokenUrl, endpointParams } = this.#config
    const isJwt = this.#config.grantType === JWT_BEARER
    const form = new URLSearchParams({ grant_type: isJwt ? JWT_BEARER : 'client_credentials' })
    const scope = this.#config.scopes.join(' ')
    if (scope !== '') form.set('scope', scope)
    if (isJwt) form.set('assertion', this.#sign(secret, scope))
    for (const [name, value] of endpointParams) form.set(name, value)
    form.sort()
    const credentials = basicHeader(encodeURIComponent(clientId), encodeURIComponent(secret))
    const answer = await this.#transport.exchange({
      method: 'POST',
      url: new URL(tokenUrl),
      headers: [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ...(isJwt ? [] : [['Authorization', credentials] as [string, string]]),
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

  /** Claims of the file replace ours. */
  #sign(key: string, scope: string): string {
    const { clientId, issuer, audience, tokenUrl, claims } = this.#config
    const { signatureAlgorithm, clientCertificateKeyId: keyId } = this.#config
    const nowS = Math.floor(this.#clock.now() / 1000)
    const all = {
      ...{ iss: issuer || clientId, sub: clientId, aud: audience || tokenUrl, jti: randomUUID() },
      ...{ iat: nowS, exp: nowS + ASSERTION_S, ...(scope !== '' && { scope }), ...claims },
    }
    const algorithm = (signatureAlgorithm || 'RS256') as TokenAlgorithm
    try {
      return signToken(all, key, { algorithm, ...(keyId && { keyId }) })
    } catch {
      throw new Error('invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key')
    }
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
