import { createSign } from 'node:crypto'

export type TokenAlgorithm = 'RS256' | 'RS384' | 'RS512'

/** Claims signed with an RSA key (PEM), as token servers take them. Throws an Error for a key that is none. */
export function signToken(
  claims: Readonly<Record<string, unknown>>,
  key: string,
  { algorithm = 'RS256', keyId }: { algorithm?: TokenAlgorithm; keyId?: string } = {},
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = part({ alg: algorithm, typ: 'JWT', ...(keyId && { kid: keyId }) })
  const text = `${header}.${part(claims)}`
  const signer = createSign(`RSA-SHA${algorithm.slice(2)}`)
  return `${text}.${signer.update(text).sign(key, 'base64url')}`
}

/** A token asked for when the last one is about to expire. */
export class KeptToken {
  readonly #ask: (signal: AbortSignal) => Promise<{ token: string; lifetimeMs: number }>
  readonly #now: () => number
  #token = ''
  #untilMs = 0

  constructor(
    now: () => number,
    ask: (signal: AbortSignal) => Promise<{ token: string; lifetimeMs: number }>,
  ) {
    this.#now = now
    this.#ask = ask
  }

  async get(signal: AbortSignal): Promise<string> {
    if (this.#token === '' || this.#now() >= this.#untilMs) {
      const { token, lifetimeMs } = await this.#ask(signal)
      if (token === '') throw new Error('the answer has no access token')
      this.#token = token
      this.#untilMs = this.#now() + lifetimeMs * 0.9
    }
    return this.#token
  }
}
