/** The escapers that Go's text/template offers by name: html, js, urlquery. */
import { sprint } from '../format/printf.ts'
import { isNil, type Value } from '../values.ts'
import { defineVariadic, type FunctionTable } from './define.ts'

const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\uFFFD',
}

const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
}

export function escapeHtml(text: string): string {
  return text.replace(/["'&<>\0]/g, (char) => HTML[char] as string)
}

function escapeJs(text: string): string {
  let out = ''
  for (const char of text) {
    const code = char.codePointAt(0) as number
    const known = JS[char]
    if (known !== undefined) out += known
    else if (code < 0x20 || (code >= 0x7f && /[\p{C}\p{Z}]/u.test(char))) {
      out += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
    } else out += char
  }
  return out
}

/** As Go's url.QueryEscape: letters, digits and `-_.~` stay, a space is `+`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

function joined(args: readonly Value[]): string {
  if (args.length === 1 && typeof args[0] === 'string') return args[0]
  return sprint(args.map((arg) => (isNil(arg) ? '<no value>' : arg)))
}

export const escapeFunctions: FunctionTable = {
  html: defineVariadic([], 'any', (...args) => escapeHtml(joined(args))),
  js: defineVariadic([], 'any', (...args) => escapeJs(joined(args))),
  urlquery: defineVariadic([], 'any', (...args) => escapeQuery(joined(args))),
}
