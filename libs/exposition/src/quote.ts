const HEX = '0123456789abcdef'
const SHORT: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
}

/**
 * Bytes as Go's %q prints a string: quoted, control and non-printing characters escaped, bytes that are no UTF-8
 * as `\xNN`. Meant for error texts, not for speed.
 */
export function quoteBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let out = '"'
  let at = start
  while (at < end) {
    const length = characterLength(bytes, at, end)
    if (length === 0) {
      out += escapeByte(bytes[at] as number)
      at++
    } else {
      out += quoteCharacter(Buffer.from(bytes.subarray(at, at + length)).toString('utf8'))
      at += length
    }
  }
  return `${out}"`
}

/** As `quoteBytes`, for text. */
export function quoteText(text: string): string {
  return quoteBytes(Buffer.from(text, 'utf8'))
}

function quoteCharacter(character: string): string {
  const point = character.codePointAt(0) as number
  const short = SHORT[point]
  if (short) return short
  if (point < 0x20 || point === 0x7f) return escapeByte(point)
  if (point < 0x7f) return character
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character
  return point > 0xffff
    ? `\\U${point.toString(16).padStart(8, '0')}`
    : `\\u${point.toString(16).padStart(4, '0')}`
}

function escapeByte(byte: number): string {
  return `\\x${HEX[byte >> 4]}${HEX[byte & 15]}`
}

/** Bytes of the UTF-8 character at `at`, or 0 if there is no valid one. */
export function characterLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (at + length > end) return 0
  const second = bytes[at + 1] as number
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let i = 2; i < length; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0
  return length
}

export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    if ((bytes[at] as number) < 0x80) at++
    else {
      const length = characterLength(bytes, at, end)
      if (length === 0) return false
      at += length
    }
  }
  return true
}
