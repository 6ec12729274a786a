import { lstatSync, readdirSync, statSync } from 'node:fs'

/**
 * Paths that match a pattern of Go's filepath.Glob, sorted per folder: `*`, `?`, `[a-z]`, `[^a-z]`, `\x`; a
 * leading dot is nothing special. Unreadable folders are skipped. Throws on a malformed pattern.
 */
export function glob(pattern: string): string[] {
  matchName(pattern, '') // Refuses a malformed pattern even where nothing exists.
  if (!hasMeta(pattern)) return lstatSync(pattern, { throwIfNoEntry: false }) ? [pattern] : []
  const slash = pattern.lastIndexOf('/')
  const name = pattern.slice(slash + 1)
  const folder = slash < 0 ? '.' : slash === 0 ? '/' : pattern.slice(0, slash)
  const prefix = slash < 0 ? '' : undefined
  if (!hasMeta(folder)) return matchesIn(folder, name, prefix)
  return glob(folder).flatMap((path) => matchesIn(path, name, prefix))
}

function hasMeta(pattern: string): boolean {
  return /[*?[\\]/.test(pattern)
}

function matchesIn(folder: string, name: string, prefix = folder === '/' ? '/' : `${folder}/`) {
  try {
    if (!statSync(folder).isDirectory()) return []
    return readdirSync(folder)
      .sort()
      .filter((entry) => matchName(name, entry))
      .map((entry) => prefix + entry)
  } catch {
    return []
  }
}

/** Whether `name` matches, as Go's filepath.Match; `*` and `?` stop at a slash. */
export function matchName(pattern: string, name: string): boolean {
  return new RegExp(`^${toSource(pattern)}$`, 's').test(name)
}

function toSource(pattern: string): string {
  let source = ''
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] as string
    if (char === '*') {
      // A run of stars means one: keeps hostile patterns from backtracking.
      if (pattern[i + 1] !== '*') source += '[^/]*'
    } else if (char === '?') source += '[^/]'
    else if (char === '\\') {
      if (++i >= pattern.length) throw new Error('syntax error in pattern')
      source += literal(pattern[i] as string)
    } else if (char === '[') {
      const set = readSet(pattern, i + 1)
      source += set.source
      i = set.end
    } else source += literal(char)
  }
  return source
}

function readSet(pattern: string, start: number): { source: string; end: number } {
  let at = start
  let source = '['
  const char = () => {
    if (pattern[at] === '\\') at++
    const next = pattern[at++]
    if (next === undefined || next === '-') throw new Error('syntax error in pattern')
    return literal(next)
  }
  if (pattern[at] === '^') {
    source += '^'
    at++
  }
  let count = 0
  while (count === 0 || pattern[at] !== ']') {
    if (at >= pattern.length || (pattern[at] === ']' && count === 0)) {
      throw new Error('syntax error in pattern')
    }
    const low = char()
    source += low
    if (pattern[at] === '-') {
      at++
      source += `-${char()}`
    }
    count++
  }
  return { source: `${source}]`, end: at }
}

function literal(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
