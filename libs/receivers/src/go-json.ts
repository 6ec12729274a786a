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

const SPECIAL = /["\\<>&\u0000-\u001f\u007f\u2028\u2029\ud800-\udfff]/
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
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0) as number
    const escape_ = ESCAPES[char]
    if (escape_) out += escape_
    else if (code < 0x20 || char === '<' || char === '>' || char === '&') out += hex4(code)
    else if (code === 0x2028 || code === 0x2029) out += hex4(code)
    else if (code >= 0xd800 && code <= 0xdfff) out += '\\ufffd'
    else out += char
  }
  return `${out}"`
}

function hex4(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}
