import type { ConfigNode, MapEntry } from './node.ts'
import type { PlainCursor } from './plain-cursor.ts'

const DEPTH_MAX = 30
const BLANKS = / */y
const COMMA = /, */y
const DOUBLE_QUOTED = /"(?:[^"\\\n]|\\["\\nt])*"/y
const SINGLE_QUOTED = /'(?:[^'\n]|'')*'/y
const KEY = /[A-Za-z_][\w./-]*(?=: )/y
const WORD = /(?:[A-Za-z0-9_/.$+<=^~(;\\]|-(?=[^ \n,[\]{}]))(?:[^,[\]{}:#\n]|:(?=[^ ,[\]{}\n]))*/y
const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\t': '\t' }

/** A quoted string, list or mapping on one line; the cursor goes behind it. Undefined: not plain. */
export function readPlainFlow(cursor: PlainCursor, depth = 0): ConfigNode | undefined {
  const { text, at } = cursor
  switch (text[at]) {
    case '"': {
      if (!cursor.take(DOUBLE_QUOTED)) return undefined
      const body = text.slice(at + 1, cursor.at - 1)
      const value = body.includes('\\')
        ? body.replace(/\\./g, (pair) => ESCAPES[pair] ?? pair.slice(1))
        : body
      return cursor.scalar(value, false, at)
    }
    case "'": {
      if (!cursor.take(SINGLE_QUOTED)) return undefined
      return cursor.scalar(text.slice(at + 1, cursor.at - 1).replaceAll("''", "'"), false, at)
    }
    case '[':
      return depth > DEPTH_MAX ? undefined : readList(cursor, depth + 1)
    case '{':
      return depth > DEPTH_MAX ? undefined : readMap(cursor, depth + 1)
  }
  if (!cursor.take(WORD)) return undefined
  return cursor.scalar(text.slice(at, cursor.at).trimEnd(), true, at)
}

function readList(cursor: PlainCursor, depth: number): ConfigNode | undefined {
  const { text, line, column } = cursor
  const items: ConfigNode[] = []
  cursor.at++
  cursor.take(BLANKS)
  while (items.length === 0 ? text[cursor.at] !== ']' : cursor.take(COMMA)) {
    const item = readPlainFlow(cursor, depth)
    if (item === undefined) return undefined
    items.push(item)
    cursor.take(BLANKS)
  }
  if (text[cursor.at++] !== ']') return undefined
  return { kind: 'list', tag: '', items, line, column: column + 1 }
}

function readMap(cursor: PlainCursor, depth: number): ConfigNode | undefined {
  const { text, line, column } = cursor
  const entries: MapEntry[] = []
  cursor.at++
  cursor.take(BLANKS)
  while (entries.length === 0 ? text[cursor.at] !== '}' : cursor.take(COMMA)) {
    const start = cursor.at
    if (!cursor.take(KEY)) return undefined
    const key = cursor.scalar(text.slice(start, cursor.at), true, start)
    cursor.at++
    cursor.take(BLANKS)
    const value = readPlainFlow(cursor, depth)
    if (value === undefined) return undefined
    entries.push({ key, value })
    cursor.take(BLANKS)
  }
  if (text[cursor.at++] !== '}') return undefined
  return { kind: 'map', tag: '', entries, line, column: column + 1 }
}
