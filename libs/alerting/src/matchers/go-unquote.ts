/** The inverse of Go's strconv.Quote. */
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
    const found = ESCAPE.exec(body)
    if (!found) return undefined
    const [all, short, hex, short4, long8, octal] = found
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
