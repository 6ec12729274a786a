/** URLs in attributes and styles: unsafe schemes out, the rest percent-encoded. */
import type { Content } from './escapers.ts'

const UNSAFE_URL = '#ZgotmplZ'

/** Relative, or http, https, mailto. */
function isSafeUrl(text: string): boolean {
  const colon = text.indexOf(':')
  if (colon < 0 || text.slice(0, colon).includes('/')) return true
  return /^(https?|mailto)$/i.test(text.slice(0, colon))
}

export function urlFilter({ text, type }: Content): string {
  return type === 'template.URL' || isSafeUrl(text) ? text : UNSAFE_URL
}

export function urlNormalizer({ text }: Content): string {
  return encode(text, /[A-Za-z0-9\-._~!#$&*+,/:;=?@[\]]/)
}

export function urlEscaper({ text, type }: Content): string {
  if (type === 'template.URL') return urlNormalizer({ text, type })
  return encode(text, /[A-Za-z0-9\-._~]/)
}

function encode(text: string, kept: RegExp): string {
  const isNormalizing = kept.test('/')
  const bytes = new TextEncoder().encode(text)
  let out = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    const char = String.fromCharCode(byte)
    const next = String.fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0)
    const isEscape = isNormalizing && char === '%' && /^[0-9a-fA-F]{2}$/.test(next)
    if (isEscape || (byte < 0x80 && kept.test(char))) out += char
    else out += `%${byte.toString(16).padStart(2, '0')}`
  }
  return out
}

export function srcsetEscaper(content: Content): string {
  if (content.type === 'template.Srcset') return content.text
  if (content.type === 'template.URL') return urlNormalizer(content).replaceAll(',', '%2c')
  return content.text.split(',').map(srcsetElement).join(',')
}

function srcsetElement(element: string): string {
  const [, before, url, after] = /^([\t\n\f\r ]*)([^\t\n\f\r ]*)([\s\S]*)$/.exec(
    element,
  ) as unknown as [string, string, string, string]
  if (!isSafeUrl(url) || !/^[\t\n\f\r A-Za-z0-9]*$/.test(after)) return UNSAFE_URL
  return before + urlNormalizer({ text: url, type: '' }) + after
}
