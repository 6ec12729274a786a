/** Strings in double quotes as Go's strconv.Quote (`%q`) prints them. */

const NAMED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

const special = /["\\\u0000-\u001f\u007f-\u00a0\u00ad]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

/** Printable characters stay; the rest becomes `\n`, `\x00`, `\u200b` or `\U000e0001`. */
export function quoteGo(text: string): string {
  return `"${text.replace(special, escapeChar)}"`
}

function escapeChar(char: string): string {
  const named = NAMED[char]
  if (named !== undefined) return named
  const code = char.codePointAt(0)!
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
  if (code > 0xffff) return `\\U${code.toString(16).padStart(8, '0')}`
  return `\\u${code.toString(16).padStart(4, '0')}`
}
