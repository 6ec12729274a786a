/** JSON as Go's encoder writes it: maps sorted by key, `<`, `>`, `&` escaped, a newline at the end. */
import { compareBytes, type Labels } from '@prom/labels'

export type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | RawJson
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | { readonly [key: string]: Json }

/** JSON that is written already. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Objects keep the order of their keys, and lose keys that are undefined; Maps are sorted. */
export function printJson(value: Json): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return printJsonString(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof RawJson) return value.text
  if (Array.isArray(value)) return printList(value as readonly Json[])
  if (value instanceof Map) return printMap(value as ReadonlyMap<string, Json>)
  const object = value as Readonly<Record<string, Json>>
  let out = ''
  for (const key of Object.keys(object)) {
    const item = object[key]
    if (item === undefined) continue
    out += `${out === '' ? '{' : ','}${printJsonString(key)}:${printJson(item)}`
  }
  return out === '' ? '{}' : `${out}}`
}

/** A label set as an object. */
export function labelsJson(labels: Labels): RawJson {
  const flat = labels.flat()
  let out = ''
  for (let i = 0; i < flat.length; i += 2) {
    const name = printJsonString(flat[i] as string)
    out += `${i === 0 ? '{' : ','}${name}:${printJsonString(flat[i + 1] as string)}`
  }
  return new RawJson(out === '' ? '{}' : `${out}}`)
}

/** Sorted pairs as a plain object; undefined if an object would not keep their order, or one of them. */
export function plainObject(
  pairs: Labels | ReadonlyMap<string, string>,
): Record<string, string> | undefined {
  const object: Record<string, string> = {}
  if (pairs instanceof Map) {
    for (const [name, value] of pairs) {
      if (!isPlainKey(name)) return undefined
      object[name] = value
    }
    return object
  }
  const flat = (pairs as Labels).flat()
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    if (!isPlainKey(name)) return undefined
    object[name] = flat[i + 1] as string
  }
  return object
}

/** Keys that are numbers come first in an object, and one sets its prototype. */
function isPlainKey(name: string): boolean {
  const code = name.charCodeAt(0)
  return !(code >= 0x30 && code <= 0x39) && name !== '__proto__'
}

/** What `printJson` writes for plain objects, at the speed of the engine; undefined if its words would differ. */
export function plainJson(value: object): RawJson | undefined {
  const text = JSON.stringify(value)
  if (text.includes('\\ud')) return undefined
  return new RawJson(FOR_HTML.test(text) ? escapeForHtml(text) : text)
}

const FOR_HTML = /[<>&\u2028\u2029]/

function escapeForHtml(json: string): string {
  return json
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

function printList(items: readonly Json[]): string {
  let out = ''
  for (let i = 0; i < items.length; i++) out += `${i === 0 ? '[' : ','}${printJson(items[i])}`
  return out === '' ? '[]' : `${out}]`
}

function printMap(map: ReadonlyMap<string, Json>): string {
  let last = ''
  let isSorted = true
  for (const key of map.keys()) {
    if (compareBytes(last, key) > 0) isSorted = false
    last = key
  }
  const entries = isSorted ? map : [...map].sort(([a], [b]) => compareBytes(a, b))
  let out = ''
  for (const [key, item] of entries) {
    if (item === undefined) continue
    out += `${out === '' ? '{' : ','}${printJsonString(key)}:${printJson(item)}`
  }
  return out === '' ? '{}' : `${out}}`
}

const SPECIAL = /["\\<>&\u0000-\u001f\u2028\u2029\ud800-\udfff]/
/** As above, but of the surrogates only those without their other half. */
const SPECIALS =
  /["\\<>&\u0000-\u001f\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

/** A string with its quotes. */
export function printJsonString(text: string): string {
  if (!SPECIAL.test(text)) return `"${text}"`
  if (LONE_SURROGATE.test(text)) return `"${text.replace(SPECIALS, escaped)}"`
  // By the engine's own loops: a text may have millions of characters.
  return escapeForHtml(JSON.stringify(text))
}

function escaped(char: string): string {
  const known = ESCAPES[char]
  if (known !== undefined) return known
  const code = char.charCodeAt(0)
  return code >= 0xd800 && code <= 0xdfff ? '\\ufffd' : hex4(code)
}

function hex4(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}
