/** Go's strconv.Quote: double quotes, escapes for what is not printable. */
const SHORT: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}
const NOT_PRINTABLE = /[\p{C}\p{Z}]/u

export interface QuoteOptions {
  readonly quote?: string
  readonly isAscii?: boolean
}

export function quote(text: string, options: QuoteOptions = {}): string {
  const mark = options.quote ?? '"'
  let out = mark
  for (const char of text) out += quoteChar(char, mark, options.isAscii ?? false)
  return out + mark
}

function quoteChar(char: string, mark: string, isAscii: boolean): string {
  if (char === mark) return `\\${mark}`
  const short = SHORT[char]
  if (short !== undefined) return short
  const code = char.codePointAt(0) as number
  if (code >= 0xd800 && code < 0xe000) return '\\ufffd'
  const isShown = char === ' ' || (!NOT_PRINTABLE.test(char) && (!isAscii || code < 0x80))
  if (isShown) return char
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}
