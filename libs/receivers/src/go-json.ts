/** JSON as Go's encoder writes it: maps sorted by key, `<`, `>`, `&` escaped, a newline at the end. */
import { compareBytes } from '@prom/labels'

export type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | { readonly [key: string]: Json }

/** Objects keep the order of their keys, and lose keys that are undefined; Maps are sorted. */
export function printJson(value: Json): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return printString(value)
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`
  const entries =
    value instanceof Map
      ? [...value].sort(([a], [b]) => compareBytes(a, b))
      : Object.entries(value as Readonly<Record<string, Json>>)
  const parts: string[] = []
  for (const [key, item] of entries) {
    if (item !== undefined) parts.push(`${printString(key)}:${printJson(item)}`)
  }
  return `{${parts.join(',')}}`
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

function printString(text: string): string {
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
