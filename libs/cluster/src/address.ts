/** IP addresses as messages carry them: 4 or 16 bytes. */
import { isIP } from 'node:net'

export function addressBytes(text: string): Uint8Array {
  if (isIP(text) === 4) return Uint8Array.from(text.split('.').map(Number))
  const [head = '', tail] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const missing = tail === undefined ? 0 : 8 - before.length - after.length
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  return Uint8Array.from(
    all.flatMap((group) => {
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 255]
    }),
  )
}

export function printAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join('.')
  // An IPv4 address in IPv6 clothes.
  if (bytes.length === 16 && bytes.subarray(0, 10).every((b) => b === 0) && bytes[10] === 255) {
    return [...bytes.subarray(12)].join('.')
  }
  if (bytes.length !== 16) return ''
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[i * 2] as number) << 8) | (bytes[i * 2 + 1] as number)).toString(16),
  )
  return groups.join(':')
}

export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Addresses of RFC 6890: private, shared, documentation, unique local; what may be told to peers unasked. */
export function isPrivate(text: string): boolean {
  const [a = 0, b = 0, c = 0] = text.split('.').map(Number)
  if (isIP(text) === 6) return /^f[cd]/i.test(text)
  return (
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 198 && (b === 18 || b === 19)) ||
    (a === 192 && b === 0 && c === 2) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113)
  )
}
