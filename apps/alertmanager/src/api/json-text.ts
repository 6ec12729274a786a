/**
 * The first JSON value of a text, and what is wrong with it in Go's words. Go's decoder stops at the end of the first
 * value: what follows is not looked at.
 */

export class JsonTextError extends Error {}

/** Undefined when there is nothing but space. Throws `JsonTextError`. */
export function readFirstJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    const scan = { text, at: 0 }
    skipSpace(scan)
    if (scan.at >= text.length) return undefined
    const start = scan.at
    try {
      value(scan, 0)
    } catch (err) {
      // Deeper than this engine's stack, for one.
      throw err instanceof RangeError ? new JsonTextError(TOO_DEEP) : err
    }
    try {
      return JSON.parse(text.slice(start, scan.at)) as unknown
    } catch (err) {
      throw new JsonTextError((err as Error).message)
    }
  }
}

interface Scan {
  readonly text: string
  at: number
}

/** As deep as Go reads. */
const DEPTH_MAX = 10_000
const TOO_DEEP = 'exceeded max depth'
const HEX = /^[0-9a-fA-F]$/
const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' }

function value(scan: Scan, depth: number): void {
  if (depth > DEPTH_MAX) throw new JsonTextError(TOO_DEEP)
  const first = peek(scan)
  if (first === '{') object(scan, depth)
  else if (first === '[') list(scan, depth)
  else if (first === '"') string(scan)
  else if (first === '-' || isDigit(first)) number(scan)
  else if (LITERALS[first] !== undefined) literal(scan, LITERALS[first])
  else throw unexpected(scan, 'looking for beginning of value')
}

function object(scan: Scan, depth: number): void {
  scan.at++
  skipSpace(scan)
  if (peek(scan) === '}') {
    scan.at++
    return
  }
  for (;;) {
    skipSpace(scan)
    if (peek(scan) !== '"') throw unexpected(scan, 'looking for beginning of object key string')
    string(scan)
    skipSpace(scan)
    if (peek(scan) !== ':') throw unexpected(scan, 'after object key')
    scan.at++
    skipSpace(scan)
    value(scan, depth + 1)
    skipSpace(scan)
    const next = peek(scan)
    if (next !== ',' && next !== '}') throw unexpected(scan, 'after object key:value pair')
    scan.at++
    if (next === '}') return
  }
}

function list(scan: Scan, depth: number): void {
  scan.at++
  skipSpace(scan)
  if (peek(scan) === ']') {
    scan.at++
    return
  }
  for (;;) {
    skipSpace(scan)
    value(scan, depth + 1)
    skipSpace(scan)
    const next = peek(scan)
    if (next !== ',' && next !== ']') throw unexpected(scan, 'after array element')
    scan.at++
    if (next === ']') return
  }
}

function string(scan: Scan): void {
  scan.at++
  for (;;) {
    const char = peek(scan)
    if (char === '"') {
      scan.at++
      return
    }
    if (char < ' ') throw unexpected(scan, 'in string')
    if (char === '\\') skipEscape(scan)
    else scan.at++
  }
}

function skipEscape(scan: Scan): void {
  const start = scan.at++
  const kind = peek(scan)
  let end = scan.at + 1
  let isGood = '"\\/bfnrt'.includes(kind)
  if (kind === 'u') {
    const digits = scan.text.slice(end, end + 4)
    isGood = [...digits].every((digit) => HEX.test(digit))
    if (isGood && digits.length < 4) throw cutShort()
    end += digits.length
  }
  if (!isGood) {
    const sequence = scan.text.slice(start, end)
    throw new JsonTextError(`invalid escape sequence \`${sequence}\` in string`)
  }
  scan.at = end
}

function number(scan: Scan): void {
  const digits = () => {
    if (!isDigit(peek(scan))) throw unexpected(scan, 'in numeric literal')
    while (isDigit(scan.text.charAt(scan.at))) scan.at++
  }
  if (peek(scan) === '-') scan.at++
  if (peek(scan) === '0') scan.at++
  else digits()
  if (scan.text.charAt(scan.at) === '.') {
    scan.at++
    digits()
  }
  if (/^[eE]$/.test(scan.text.charAt(scan.at))) {
    scan.at++
    if (/^[+-]$/.test(peek(scan))) scan.at++
    digits()
  }
}

function literal(scan: Scan, word: string): void {
  for (const letter of word) {
    if (peek(scan) !== letter) {
      throw unexpected(scan, `in literal ${word} (expecting ${quoteRune(letter)})`)
    }
    scan.at++
  }
}

function skipSpace(scan: Scan): void {
  while (' \t\r\n'.includes(scan.text.charAt(scan.at)) && scan.at < scan.text.length) scan.at++
}

function peek({ text, at }: Scan): string {
  if (at >= text.length) throw cutShort()
  return text.charAt(at)
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1
}

function cutShort(): JsonTextError {
  return new JsonTextError('unexpected EOF')
}

function unexpected({ text, at }: Scan, where: string): JsonTextError {
  const rune = String.fromCodePoint(text.codePointAt(at) as number)
  return new JsonTextError(`invalid character ${quoteRune(rune)} ${where}`)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\u0007': '\\a',
  '\\': '\\\\',
  "'": "\\'",
}

/** As Go quotes a single character. */
function quoteRune(rune: string): string {
  const code = rune.codePointAt(0) as number
  const hex = code.toString(16).padStart(2, '0')
  return `'${ESCAPES[rune] ?? (code < 0x20 || code === 0x7f ? `\\x${hex}` : rune)}'`
}
