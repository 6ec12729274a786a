/** ULIDs: 48 bits of milliseconds and 80 of chance, 26 characters that sort by time. Names of blocks. */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `entropy` is ten unpredictable bytes. */
export function createUlid(atMs: number, entropy: Uint8Array): string {
  let time = ''
  let rest = atMs
  for (let i = 0; i < 10; i++) {
    time = ALPHABET[rest % 32]! + time
    rest = Math.floor(rest / 32)
  }
  let chance = ''
  let bits = 0
  let count = 0
  for (let i = 0; i < 10; i++) {
    bits = (bits << 8) | entropy[i]!
    count += 8
    while (count >= 5) {
      count -= 5
      chance += ALPHABET[(bits >>> count) & 31]
    }
    bits &= (1 << count) - 1
  }
  return time + chance
}

/** Whether `text` is a ULID; lower case counts, as in the original's strict parser. */
export function isUlid(text: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(text)
}

/** Milliseconds since 1970 a ULID was made at. */
export function ulidTime(ulid: string): number {
  let time = 0
  for (const char of ulid.slice(0, 10).toUpperCase()) time = time * 32 + ALPHABET.indexOf(char)
  return time
}
