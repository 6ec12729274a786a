/** Values in style sheets and style attributes. */
import { type Content, UNSAFE_CONTENT } from './escapers.ts'

/** Inside a CSS string: every character that could end it or start something becomes `\hex`. */
export function cssEscaper({ text }: Content): string {
  return text.replace(/[\0\t\n\f\r"&'()+/:;<>\\{}]/g, (char, at: number) => {
    if (char === '\\') return '\\\\'
    const hex = char.charCodeAt(0).toString(16)
    // A space ends the escape where the next character would belong to it.
    const next = text[at + 1]
    const needsSpace = next === undefined || /[0-9a-fA-F\t\n\f\r ]/.test(next)
    return `\\${hex}${needsSpace ? ' ' : ''}`
  })
}

/** A whole value: plain quantities, colors and keywords, nothing with structure. */
export function cssValueFilter({ text, type }: Content): string {
  if (type === 'template.CSS') return text
  const decoded = decodeCss(text)
  if (/[\0"'()/;@[\\\]`{}<>]/.test(decoded) || decoded.includes('--')) return UNSAFE_CONTENT
  const name = decoded.replace(/[^A-Za-z0-9_-]/g, '').toLowerCase()
  if (name.includes('expression') || name.includes('mozbinding')) return UNSAFE_CONTENT
  return decoded
}

function decodeCss(text: string): string {
  return text.replace(/\\(?:([0-9a-fA-F]{1,6})[\t\n\f\r ]?|([\s\S]))/g, (_, hex, char) => {
    if (hex === undefined) return char as string
    const code = Number.parseInt(hex as string, 16)
    return code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : ''
  })
}
