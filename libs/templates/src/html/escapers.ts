/** The functions that escaping adds to pipelines, one per kind of place in a document. */
import { toJson } from '../alertmanager/to-json.ts'
import { FunctionError } from '../errors.ts'
import { sprint } from '../format/printf.ts'
import { defineVariadic, type FunctionTable } from '../functions/define.ts'
import { GoText, goType, isNil, type Value } from '../values.ts'
import { attrContent } from './attributes.ts'
import { cssEscaper, cssValueFilter } from './style-escapers.ts'
import { srcsetEscaper, urlEscaper, urlFilter, urlNormalizer } from './url-escapers.ts'

/** Stands where a value could break out of its place. */
export const UNSAFE_CONTENT = 'ZgotmplZ'

/** Text, and the named type it came in: template.HTML, template.URL ... */
export interface Content {
  readonly text: string
  readonly type: string
}

export function contentOf(args: readonly Value[]): Content {
  const [first] = args
  if (args.length === 1) {
    if (typeof first === 'string') return { text: first, type: '' }
    if (first instanceof GoText) return { text: first.text, type: first.type.name }
  }
  return { text: sprint(args.filter((arg) => !isNil(arg))), type: '' }
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
}

const NO_SPACE: Readonly<Record<string, string>> = {
  ...HTML,
  '\0': '&#xfffd;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\v': '&#11;',
  '\f': '&#12;',
  '\r': '&#13;',
  ' ': '&#32;',
  '=': '&#61;',
  '`': '&#96;',
}

const escapeAll = (text: string) => text.replace(/["&'+<>\0]/g, (char) => HTML[char] as string)
// What already is HTML keeps its references.
const escapeAllButAmp = (text: string) => text.replace(/["'+<>\0]/g, (char) => HTML[char] as string)

function htmlEscaper({ text, type }: Content): string {
  return type === 'template.HTML' ? text : escapeAll(text)
}

function attrEscaper({ text, type }: Content): string {
  return type === 'template.HTML' ? escapeAllButAmp(stripTags(text)) : escapeAll(text)
}

function rcdataEscaper({ text, type }: Content): string {
  return type === 'template.HTML' ? escapeAllButAmp(text) : escapeAll(text)
}

function noSpaceEscaper({ text, type }: Content): string {
  if (text === '') return UNSAFE_CONTENT
  const isHtml = type === 'template.HTML'
  const pattern = isHtml ? /["'+<>\0\t\n\v\f\r =`]/g : /["&'+<>\0\t\n\v\f\r =`]/g
  return (isHtml ? stripTags(text) : text).replace(pattern, (char) => NO_SPACE[char] as string)
}

function nameFilter({ text, type }: Content): string {
  if (type === 'template.HTMLAttr') return text
  const name = text.toLowerCase()
  if (!/^[0-9a-z]+$/.test(name) || attrContent(name) !== 'plain') return UNSAFE_CONTENT
  return name
}

/** The text of an HTML fragment without its tags and comments. */
function stripTags(html: string): string {
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/<\/?[A-Za-z](?:"[^"]*"|'[^']*'|[^'">])*(?:>|$)/g, '')
}

const JS_STRING: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '/': '\\/',
  '\\': '\\\\',
}

const hexEscape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
const jsEscape = (char: string) => JS_STRING[char] ?? hexEscape(char)

function jsStringEscaper({ text, type }: Content): string {
  const pattern =
    type === 'template.JSStr'
      ? /[\0-\x1f"'&+/<>`\u2028\u2029]/g
      : /[\0-\x1f"'&+/<>`\\\u2028\u2029]/g
  return text.replace(pattern, jsEscape)
}

function jsTemplateLiteralEscaper(content: Content): string {
  return jsStringEscaper(content).replace(/[${}]/g, hexEscape)
}

function jsRegexpEscaper({ text }: Content): string {
  if (text === '') return '(?:)'
  return text.replace(/[\0-\x1f"'&+/<>\\$()*.?[\]^{|}\-\u2028\u2029]/g, (char) =>
    '$()*.?[]^{|}-'.includes(char) ? `\\${char}` : jsEscape(char),
  )
}

function jsValueEscaper(args: readonly Value[]): string {
  const value = args.length === 1 ? args[0] : sprint(args)
  if (value instanceof GoText) {
    if (value.type.name === 'template.JS') return value.text
    if (value.type.name === 'template.JSStr') return `"${value.text}"`
  }
  const type = goType(value)
  const shown = type?.print && type.name !== 'time.Time' ? type.print(value as never) : value
  let json: string
  try {
    json = toJson(shown).replace(/\x7f/g, '\\u007f')
  } catch (err) {
    if (!(err instanceof FunctionError)) throw err
    return ` /* ${err.message.replaceAll('*/', '* /').replaceAll('</', '<\\/')} */null `
  }
  const needsSpace = /^[A-Za-z0-9_$]|[A-Za-z0-9_$]$/.test(json)
  return needsSpace ? ` ${json} ` : json
}

function escaper(rewrite: (content: Content) => string) {
  return defineVariadic([], 'any', (...args) => rewrite(contentOf(args)))
}

/** Under the names that Go gives them. */
export const escaperFunctions: FunctionTable = {
  _html_template_htmlescaper: escaper(htmlEscaper),
  _html_template_attrescaper: escaper(attrEscaper),
  _html_template_rcdataescaper: escaper(rcdataEscaper),
  _html_template_nospaceescaper: escaper(noSpaceEscaper),
  _html_template_htmlnamefilter: escaper(nameFilter),
  _html_template_commentescaper: defineVariadic([], 'any', () => ''),
  _html_template_jsstrescaper: escaper(jsStringEscaper),
  _html_template_jstmpllitescaper: escaper(jsTemplateLiteralEscaper),
  _html_template_jsregexpescaper: escaper(jsRegexpEscaper),
  _html_template_jsvalescaper: defineVariadic([], 'any', (...args) => jsValueEscaper(args)),
  _html_template_cssescaper: escaper(cssEscaper),
  _html_template_cssvaluefilter: escaper(cssValueFilter),
  _html_template_urlfilter: escaper(urlFilter),
  _html_template_urlnormalizer: escaper(urlNormalizer),
  _html_template_urlescaper: escaper(urlEscaper),
  _html_template_srcsetescaper: escaper(srcsetEscaper),
}
