/** Expected and received beside each other, line by line, with a mark where they differ. */

const WIDTH_MAX = 60
const INDENT = ' '.repeat(8)
const YELLOW = '\x1b[0;33m'
const RED = '\x1b[0;31m'
const GREEN = '\x1b[0;32m'
const PLAIN = '\x1b[0m'

/** One thing on either side; undefined where a side has none. */
export interface Pair {
  readonly want: readonly string[] | undefined
  readonly got: readonly string[] | undefined
}

/** `|` differs, `<` only expected, `>` only received. */
export function printSideBySide(pairs: readonly Pair[], isColored: boolean): string {
  const rows = pairs.flatMap(({ want, got }) => rowsOf(want, got))
  const width = Math.min(WIDTH_MAX, Math.max(3, ...rows.map(({ left }) => left.length)))
  const lines = rows.map(({ left, right, mark }) => {
    const text = `${left.padEnd(width)} ${mark} ${right}`.trimEnd()
    const color = COLORS[mark]
    return `${INDENT}${isColored && color ? `${color}${text}${PLAIN}` : text}`
  })
  return [`${INDENT}${'exp'.padEnd(width)}   got`, ...lines].join('\n')
}

type Mark = ' ' | '|' | '<' | '>'

const COLORS: Readonly<Record<Mark, string>> = { ' ': '', '|': YELLOW, '<': RED, '>': GREEN }

interface Row {
  readonly left: string
  readonly right: string
  readonly mark: Mark
}

function rowsOf(want: readonly string[] | undefined, got: readonly string[] | undefined): Row[] {
  if (!got) return (want ?? []).map((left) => ({ left, right: '', mark: '<' }))
  if (!want) return got.map((right) => ({ left: '', right, mark: '>' }))
  const rows: Row[] = []
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    const left = want[i] ?? ''
    const right = got[i] ?? ''
    rows.push({ left, right, mark: left === right ? ' ' : '|' })
  }
  return rows
}

/** Pairs of two lists: equal keys first, what is left in order. */
export function pairUp<T>(
  want: readonly T[],
  got: readonly T[],
  keyOf: (item: T) => string,
): readonly (readonly [T | undefined, T | undefined])[] {
  const others = new Map<string, T[]>()
  for (const item of got) {
    const key = keyOf(item)
    const same = others.get(key)
    if (same) same.push(item)
    else others.set(key, [item])
  }
  const pairs: [T | undefined, T | undefined][] = want.map((item) => [
    item,
    others.get(keyOf(item))?.shift(),
  ])
  const left = [...others.values()].flat()
  for (const pair of pairs) pair[1] ??= left.shift()
  return [...pairs, ...left.map((item) => [undefined, item] as const)]
}
