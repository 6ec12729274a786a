/** Quoting as Go's strconv.Quote prints it, and its inverse. */

const SHORT: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** `text` in double quotes, with Go's escapes. */
export function goQuote(text: string): string {
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0) as number
    const short = SHORT[char]
    if (short !== undefined) out += short
    else if (PRINTABLE.test(char)) out += char
    else if (code < 0x80) out += `\\x${code.toString(16).padStart(2, '0')}`
    else if (code >= 0xd800 && code <= 0xdfff) out += '\ufffd'
    else if (code < 0x10000) out += `\\u${code.toString(16).padStart(4, '0')}`
    else out += `\\U${code.toString(16).padStart(8, '0')}`
  }
  return `${out}"`
}

const ESCAPE =
  /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/y

const LONG: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  '"': 34,
}

/** The text inside a double-quoted Go string, or undefined if it is not one or not UTF-8. */
export function goUnquote(quoted: string): string | undefined {
  if (quoted.length < 2 || !quoted.startsWith('"') || !quoted.endsWith('"')) return undefined
  const body = quoted.slice(1, -1)
  if (!body.includes('\\')) return /["\n]/.test(body) ? undefined : body
  const bytes: number[] = []
  const encoder = new TextEncoder()
  for (let i = 0; i < body.length; ) {
    const char = String.fromCodePoint(body.codePointAt(i) as number)
    if (char === '"' || char === '\n') return undefined
    if (char !== '\\') {
      bytes.push(...encoder.encode(char))
      i += char.length
      continue
    }
    ESCAPE.lastIndex = i
    const escape = ESCAPE.exec(body)
    if (!escape) return undefined
    const [all, short, hex, short4, long8, octal] = escape
    if (short !== undefined) bytes.push(LONG[short] as number)
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else if (octal !== undefined) {
      const code = Number.parseInt(octal, 8)
      if (code > 255) return undefined
      bytes.push(code)
    } else {
      const code = Number.parseInt((short4 ?? long8) as string, 16)
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
      bytes.push(...encoder.encode(String.fromCodePoint(code)))
    }
    i += all.length
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return undefined
  }
}
