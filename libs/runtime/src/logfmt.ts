/** Values of log lines as Go's slog prints them. */

/** A field's value as logfmt text, quoted where the original quotes. */
export function printLogfmtValue(value: unknown): string {
  const text = plainText(value)
  return needsQuotes(text) ? quote(text) : text
}

/** A field's value as JSON. Errors become their message; what JSON cannot carry becomes text. */
export function toJsonValue(value: unknown): unknown {
  if (value instanceof Error) return value.message
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return plainText(value)
  return value ?? null
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return '<nil>'
  if (value instanceof Error) return value.message
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `[${value.map(plainText).join(' ')}]`
  if (typeof value === 'object') return JSON.stringify(value)
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

function needsQuotes(text: string): boolean {
  return text === '' || /[\s="\p{C}\p{Z}]/u.test(text) || /[\ud800-\udfff\ufffd]/u.test(text)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

function quote(text: string): string {
  const body = text.replace(/["\\]|[\p{C}]|(?! )\p{Z}/gu, (char) => {
    const code = char.codePointAt(0) as number
    const hex = code.toString(16)
    if (ESCAPES[char]) return ESCAPES[char]
    if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`
    return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`
  })
  return `"${body}"`
}
