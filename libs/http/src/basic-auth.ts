/** Checks user and password against bcrypt hashes, without telling by its time whether a user exists. */
import { createHmac, randomBytes } from 'node:crypto'
import { compare, getRounds } from 'bcryptjs'

/** Compared with when the user is unknown, so that both cases take the same time. */
const NOBODY_HASH = '$2b$10$n02c5mmvWK/bm5.1Gq.OLuEWmCNoTGv08RYIL21zfZBrz5LS6w8Vu'
const CACHE_MAX = 100
/** Comparing is slow by design; more attempts than this at a time wait in no line, they are refused. */
const COMPARING_MAX = 8

export class BasicAuth {
  readonly #users: ReadonlyMap<string, string>
  readonly #key = randomBytes(32)
  /** Outcomes by a keyed hash of user, stored hash and password: never the password itself. */
  readonly #cache = new Map<string, boolean>()
  #comparing = 0

  /** `users`: name to bcrypt hash. Throws an Error with Go's text for what is no such hash. */
  constructor(users: ReadonlyMap<string, string>) {
    for (const hash of users.values()) checkHash(hash)
    this.#users = users
  }

  /** Whether the `Authorization` header names a user with the right password. */
  async admits(header: string | undefined): Promise<boolean> {
    const given = parseBasic(header)
    if (!given) return false
    const stored = this.#users.get(given.user)
    const hash = stored ?? NOBODY_HASH
    const key = createHmac('sha256', this.#key)
      .update(`${given.user}\0${hash}\0${given.password}`)
      .digest('base64')
    const known = this.#cache.get(key)
    if (known !== undefined) return known && stored !== undefined
    if (this.#comparing >= COMPARING_MAX) return false
    this.#comparing++
    try {
      const isRight = await compare(given.password, hash)
      if (this.#cache.size >= CACHE_MAX) {
        this.#cache.delete(this.#cache.keys().next().value as string)
      }
      this.#cache.set(key, isRight)
      return isRight && stored !== undefined
    } finally {
      this.#comparing--
    }
  }
}

/** User and password of a `Basic` header. */
export function parseBasic(
  header: string | undefined,
): { user: string; password: string } | undefined {
  const match = /^basic +(\S+)\s*$/i.exec(header ?? '')
  if (!match) return undefined
  const text = Buffer.from(match[1] as string, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

function checkHash(hash: string): void {
  if (hash.length < 59) {
    throw new Error('crypto/bcrypt: hashedSecret too short to be a bcrypted password')
  }
  if (!/^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) {
    throw new Error("crypto/bcrypt: bcrypt hashes must start with '$' and a version")
  }
  const cost = getRounds(hash)
  if (cost < 4 || cost > 31) {
    throw new Error(`crypto/bcrypt: cost ${cost} is outside allowed inclusive range 4..31`)
  }
}
