/** Go literals: quoted strings, characters and numbers, as strconv reads them. */

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/** The text of a quoted (", ') or raw (`) literal, or undefined where Go says `invalid syntax`. */
export function unquote(quoted: string): string | undefined {
  const quote = quoted[0]
  const body = quoted.slice(1, -1)
  if (quote === '`') return body.replaceAll('\r', '')
  let text = ''
  let bytes: number[] = []
  const flush = () => {
    if (bytes.length > 0) text += new TextDecoder().decode(Uint8Array.from(bytes))
    bytes = []
  }
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      flush()
      text += body[i++]
      continue
    }
    const found = readEscape(body, i + 1, quote as string)
    if (!found) return undefined
    // \x and octal escapes are bytes: several of them may make one character.
    if (found.byte !== undefined) bytes.push(found.byte)
    else {
      flush()
      text += found.text
    }
    i = found.end
  }
  flush()
  return text
}

interface Escape {
  readonly text: string
  readonly byte?: number
  readonly end: number
}

function readEscape(body: string, at: number, quote: string): Escape | undefined {
  const char = body[at]
  if (char === undefined) return undefined
  const simple = ESCAPES[char]
  if (simple !== undefined) return { text: simple, end: at + 1 }
  if (char === quote) return { text: quote, end: at + 1 }
  const hexLength = char === 'x' ? 2 : char === 'u' ? 4 : char === 'U' ? 8 : 0
  if (hexLength > 0) {
    const hex = body.slice(at + 1, at + 1 + hexLength)
    if (hex.length !== hexLength || !/^[0-9a-fA-F]+$/.test(hex)) return undefined
    const code = Number.parseInt(hex, 16)
    const end = at + 1 + hexLength
    if (char === 'x') return { text: '', byte: code, end }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
    return { text: String.fromCodePoint(code), end }
  }
  const octal = /^[0-7]{3}/.exec(body.slice(at, at + 3))
  if (!octal) return undefined
  const code = Number.parseInt(octal[0], 8)
  return code > 255 ? undefined : { text: '', byte: code, end: at + 3 }
}

export interface NumberLiteral {
  readonly int: bigint | undefined
  readonly float: number | undefined
  /** Written as an integer, but none that 64 bits hold. */
  readonly isOverflow: boolean
}

/** Reads a Go number literal; undefined if it is none (`illegal number syntax`). */
export function parseNumber(text: string): NumberLiteral | undefined {
  const match = /^([+-]?)(.*)$/s.exec(text) as RegExpExecArray
  const isNegative = match[1] === '-'
  const body = match[2] as string
  if (!hasGoodUnderscores(body)) return undefined
  const digits = body.replaceAll('_', '')
  const int = parseInteger(digits)
  if (int !== undefined) {
    const signed = isNegative ? -int : int
    const isOverflow = int >= 1n << 64n
    return { int: signed, float: Number(signed), isOverflow }
  }
  const float = parseFloating(digits)
  if (float === undefined) return undefined
  const signed = isNegative ? -float : float
  // Integer values written as floats (1e3, 4.0) can be used where an int is wanted.
  const isInt = Number.isInteger(signed) && Math.abs(signed) < 2 ** 63
  const isOverflow = !/[.eEpP]/.test(digits)
  return { int: isInt ? BigInt(signed) : undefined, float: signed, isOverflow }
}

function hasGoodUnderscores(body: string): boolean {
  if (!body.includes('_')) return true
  // Only between digits, or after a base prefix.
  return !/__|_$|^_|_\.|\._|_[pP]|[pP][+-]?_|_[+-]/.test(body)
}

function parseInteger(digits: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(digits) || /^0[bB][01]+$/.test(digits)) return BigInt(digits)
  if (/^0[oO][0-7]+$/.test(digits)) return BigInt(digits)
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`)
  if (/^(0|[1-9][0-9]*)$/.test(digits)) return BigInt(digits)
  return undefined
}

function parseFloating(digits: string): number | undefined {
  if (/^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(digits)) {
    const value = Number(digits)
    return Number.isFinite(value) ? value : undefined
  }
  const hex = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/.exec(digits)
  if (!hex || `${hex[1]}${hex[2]}` === '') return undefined
  const mantissa = Number(BigInt(`0x${hex[1]}${hex[2]}`))
  return mantissa * 2 ** (Number(hex[3]) - 4 * (hex[2] as string).length)
}
