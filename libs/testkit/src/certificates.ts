/**
 * Certificates for tests of TLS, made on the spot: an authority, and what it signs for names and addresses.
 * DER by hand, because Node reads certificates but does not make them.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface TestCertificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

export interface TestAuthority extends TestCertificate {
  /** Signs a certificate for servers and clients alike; `names` are DNS names or IPv4 addresses. */
  issue(...names: string[]): TestCertificate
}

const YEAR_MS = 365 * 24 * 3_600_000

/** `nowMs` is when the certificates begin to be valid; they are for a year. */
export function createAuthority(nowMs: number, name = 'test authority'): TestAuthority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = distinguished(name)
  const validity = sequence(time(nowMs - 60_000), time(nowMs + YEAR_MS))
  let serial = 1
  const make = (subject: Buffer, publicKey: KeyObject, extensions: Buffer[]): string => {
    const body = sequence(
      tagged(0, integer(2)),
      integer(serial++),
      ECDSA_SHA256,
      issuer,
      validity,
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(3, sequence(...extensions)),
    )
    const signature = sign('sha256', body, own.privateKey)
    return pem(sequence(body, ECDSA_SHA256, bits(signature)))
  }
  const keyOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string
  const basic = (isAuthority: boolean) =>
    extension('551d13', sequence(...(isAuthority ? [der(0x01, Buffer.of(0xff))] : [])))
  return {
    cert: make(issuer, own.publicKey, [basic(true)]),
    key: keyOf(own.privateKey),
    issue: (...names) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const alternatives = names.map((text) =>
        /^\d+(\.\d+){3}$/.test(text)
          ? der(0x87, Buffer.from(text.split('.').map(Number)))
          : der(0x82, Buffer.from(text)),
      )
      const extensions = [basic(false), extension('551d11', sequence(...alternatives))]
      return {
        cert: make(distinguished(names[0] ?? 'test'), pair.publicKey, extensions),
        key: keyOf(pair.privateKey),
      }
    },
  }
}

const ECDSA_SHA256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))

function distinguished(name: string): Buffer {
  const id = createHash('sha256').update(name).digest('hex').slice(0, 8)
  const attribute = sequence(
    der(0x06, Buffer.from('550403', 'hex')),
    der(0x0c, Buffer.from(`${name} ${id}`)),
  )
  return sequence(der(0x31, attribute))
}

function extension(oid: string, content: Buffer): Buffer {
  return sequence(der(0x06, Buffer.from(oid, 'hex')), der(0x04, content))
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return der(0x18, Buffer.from(`${text}Z`))
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.of(value & 0x7f))
}

function bits(content: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.of(0), content]))
}

function tagged(tag: number, content: Buffer): Buffer {
  return der(0xa0 | tag, content)
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content])
  const size = length < 256 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff)
  return Buffer.concat([Buffer.of(tag), size, content])
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
