import { quoteGo } from '@prom/model'

/** String literals with Go's escapes. */

const NOT_PRINTABLE = /[\p{C}\p{Z}]/u

/** As %q of a rune. */
export function quoteRune(char: string): string {
  if (char === '') return `'\uFFFD'`
  if (char === "'") return `'\\''`
  if (char === '"') return `'"'`
  return `'${quoteGo(char).slice(1, -1)}'`
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/** One escape sequence: what it stands for, or why it is wrong. */
export interface Escape {
  /** A byte (\x, octal) or a character. */
  readonly byte: number | undefined
  readonly char: string
  readonly length: number
  readonly error: string | undefined
}

const bad = (error: string): Escape => ({ byte: undefined, char: '', length: 0, error })

/** Reads the escape after the backslash at `at - 1`. */
export function readEscape(text: string, at: number, quoteChar: string): Escape {
  const first = charAt(text, at)
  if (first === '') return bad('escape sequence not terminated')
  if (first === quoteChar) return { byte: undefined, char: first, length: 1, error: undefined }
  const simple = SIMPLE[first]
  if (simple !== undefined) return { byte: undefined, char: simple, length: 1, error: undefined }
  if (/[0-7]/.test(first)) return readDigits(text, at, 3, 8, 255)
  if (first === 'x') return readDigits(text, at + 1, 2, 16, 255, 1)
  if (first === 'u') return readDigits(text, at + 1, 4, 16, 0x10ffff, 1)
  if (first === 'U') return readDigits(text, at + 1, 8, 16, 0x10ffff, 1)
  return bad(`unknown escape sequence ${codePointName(first)}`)
}

function readDigits(
  text: string,
  from: number,
  count: number,
  base: number,
  max: number,
  lead = 0,
): Escape {
  let code = 0
  for (let i = 0; i < count; i++) {
    const char = charAt(text, from + i)
    const digit = char === '' ? Number.NaN : Number.parseInt(char, base)
    if (Number.isNaN(digit)) {
      if (char === '') return bad('escape sequence not terminated')
      return bad(`illegal character ${codePointName(char)} in escape sequence`)
    }
    code = code * base + digit
  }
  if (code > max || (max > 255 && code >= 0xd800 && code < 0xe000)) {
    return bad('escape sequence is an invalid Unicode code point')
  }
  const isByte = max === 255
  return {
    byte: isByte ? code : undefined,
    char: isByte ? '' : String.fromCodePoint(code),
    length: count + lead,
    error: undefined,
  }
}

function charAt(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}

/** As %#U of a rune: U+0063 'c'. */
function codePointName(char: string): string {
  const code = char.codePointAt(0) as number
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return code < 0x20 || NOT_PRINTABLE.test(char) ? name : `${name} '${char}'`
}

/** The value of a string literal that the lexer has accepted, quotes included. */
export function unquote(literal: string): string {
  const quoteChar = literal[0] as string
  const body = literal.slice(1, -1)
  if (quoteChar === '`' || !body.includes('\\')) return body
  let hasBytes = false
  const parts: (string | number)[] = []
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      const end = body.indexOf('\\', i)
      parts.push(body.slice(i, end < 0 ? body.length : end))
      i = end < 0 ? body.length : end
      continue
    }
    const sequence = readEscape(body, i + 1, quoteChar)
    if (sequence.byte === undefined) parts.push(sequence.char)
    else {
      hasBytes ||= sequence.byte > 0x7f
      parts.push(sequence.byte)
    }
    i += 1 + sequence.length
  }
  if (!hasBytes) {
    return parts
      .map((part) => (typeof part === 'number' ? String.fromCharCode(part) : part))
      .join('')
  }
  const bytes = parts.map((part) =>
    typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part),
  )
  return decodeLossless(Buffer.concat(bytes))
}

/** UTF-8, with a lone surrogate U+DC00 + byte for every byte that is none, so that it stays visible as invalid. */
function decodeLossless(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    const piece = Buffer.from(bytes.subarray(at, at + length))
    const char = piece.toString('utf8')
    if (Buffer.from(char).equals(piece) && [...char].length === 1) {
      text += char
      at += length
    } else {
      text += String.fromCharCode(0xdc00 + first)
      at++
    }
  }
  return text
}

/** As strconv.Quote, for texts of `unquote` that may hold invalid bytes. */
export function quoteBytes(text: string): string {
  return text
    .split(/((?<![\ud800-\udbff])[\udc80-\udcff])/)
    .map((part, i) =>
      i % 2 === 1 ? `\\x${(part.charCodeAt(0) - 0xdc00).toString(16)}` : quoteGo(part).slice(1, -1),
    )
    .join('')
    .replace(/^/, '"')
    .concat('"')
}
