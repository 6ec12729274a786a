/**
 * The plain shape of a pattern, where it has one: literal pieces with "anything" between them. Most patterns in
 * matchers and relabel rules are like that (`api|web`, `node_.*`, `(foo|bar)_total`), and then string comparison
 * answers without a regex engine. The analysis gives up (undefined) on everything it does not know for sure.
 */

/** What may stand between two literals: `.*` (gap of any length) or `.+` (at least one character). */
export interface Gap {
  readonly isNonEmpty: boolean
}

/** Literals and gaps in turn: `literals[0] gaps[0] literals[1] ...`; one literal more than gaps. */
export interface Branch {
  readonly literals: readonly string[]
  readonly gaps: readonly Gap[]
}

/** Alternatives expand to at most this many branches; larger patterns go to the engine. */
const BRANCHES_MAX = 256
const DEPTH_MAX = 16
const SPECIAL = new Set('\\.+*?()|[]{}^$')

interface Cursor {
  readonly pattern: string
  at: number
  depth: number
}

/** The branches of `pattern` (it matches if one of them does), or undefined if it is not plain. */
export function findShape(pattern: string): readonly Branch[] | undefined {
  const cursor: Cursor = { pattern, at: 0, depth: 0 }
  const branches = readAlternatives(cursor)
  if (!branches || cursor.at !== pattern.length) return undefined
  return branches.every(isSimple) ? branches : undefined
}

/** `.+.+` counts characters, and one of them may be two units of a string: left to the engine. */
function isSimple({ literals, gaps }: Branch): boolean {
  const isTouching = literals.slice(1, -1).includes('')
  return !isTouching || gaps.filter((gap) => gap.isNonEmpty).length < 2
}

function readAlternatives(cursor: Cursor): Branch[] | undefined {
  const all: Branch[] = []
  for (;;) {
    const branches = readSequence(cursor)
    if (!branches || all.length + branches.length > BRANCHES_MAX) return undefined
    all.push(...branches)
    if (cursor.pattern[cursor.at] !== '|') return all
    cursor.at++
  }
}

function readSequence(cursor: Cursor): Branch[] | undefined {
  let branches: Branch[] = [{ literals: [''], gaps: [] }]
  const { pattern } = cursor
  while (cursor.at < pattern.length) {
    const c = pattern[cursor.at] as string
    if (c === '|' || c === ')') break
    const items = readItem(cursor, c)
    if (!items || branches.length * items.length > BRANCHES_MAX) return undefined
    branches = branches.flatMap((left) => items.map((right) => join(left, right)))
  }
  return branches
}

function readItem(cursor: Cursor, c: string): Branch[] | undefined {
  if (c === '(') return readGroup(cursor)
  if (c === '.') return readGap(cursor)
  let literal = c
  if (c === '\\') {
    // Only escaped punctuation; \d, \b and the like belong to the engine.
    const next = cursor.pattern[cursor.at + 1]
    if (next === undefined || !/[!-/:-@[-`{-~]/.test(next)) return undefined
    literal = next
    cursor.at++
  } else if (SPECIAL.has(c)) {
    return undefined
  }
  cursor.at++
  return isRepeated(cursor) ? undefined : [{ literals: [literal], gaps: [] }]
}

function readGap(cursor: Cursor): Branch[] | undefined {
  const operator = cursor.pattern[cursor.at + 1]
  if (operator !== '*' && operator !== '+') return undefined
  cursor.at += 2
  if (isRepeated(cursor)) return undefined
  return [{ literals: ['', ''], gaps: [{ isNonEmpty: operator === '+' }] }]
}

function readGroup(cursor: Cursor): Branch[] | undefined {
  cursor.at++
  if (cursor.pattern[cursor.at] === '?') {
    if (cursor.pattern[cursor.at + 1] !== ':') return undefined
    cursor.at += 2
  }
  if (++cursor.depth > DEPTH_MAX) return undefined
  const branches = readAlternatives(cursor)
  cursor.depth--
  if (!branches || cursor.pattern[cursor.at] !== ')') return undefined
  cursor.at++
  return isRepeated(cursor) ? undefined : branches
}

function isRepeated({ pattern, at }: Cursor): boolean {
  const c = pattern[at]
  return c === '*' || c === '+' || c === '?' || c === '{'
}

function join(left: Branch, right: Branch): Branch {
  const last = left.literals[left.literals.length - 1] as string
  return {
    literals: [
      ...left.literals.slice(0, -1),
      last + (right.literals[0] as string),
      ...right.literals.slice(1),
    ],
    gaps: [...left.gaps, ...right.gaps],
  }
}

/** True if the whole of `value` is this branch's literals in order, with its gaps between them. */
export function matchesBranch({ literals, gaps }: Branch, value: string): boolean {
  const first = literals[0] as string
  if (gaps.length === 0) return value === first
  const last = literals[literals.length - 1] as string
  if (!value.startsWith(first) || !value.endsWith(last)) return false

  const end = value.length - last.length
  let at = first.length
  for (let i = 1; i < literals.length - 1; i++) {
    const from = at + ((gaps[i - 1] as Gap).isNonEmpty ? 1 : 0)
    const found = value.indexOf(literals[i] as string, from)
    if (found < 0) return false
    at = found + (literals[i] as string).length
  }
  return at + ((gaps[gaps.length - 1] as Gap).isNonEmpty ? 1 : 0) <= end
}
