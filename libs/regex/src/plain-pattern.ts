/** Longer patterns may hit limits of the engine. */
const LENGTH_MAX = 500
const DEPTH_MAX = 50
const ESCAPED = new Set('.-/\\+*?()[]{}^$|dDwWsS')
const SIMPLE = /^[A-Za-z0-9 _\-/:,=@%~"'`#!&;<>]$/
const WORD = /^[A-Za-z0-9]$/
const LOOSE = new Set('_./:,=@%~#!&;<> ')
/** Pieces without groups, judged in one step: most patterns are like that. */
const FLAT =
  /^(?:(?:[A-Za-z0-9 _\-/:,=@%~"'`#!&;<>.]|\\[.\-/dDwWsS]|\[(?:0-9|a-z|A-Z|[A-Za-z0-9_./:])+\])[*+?]?\??|\|)*$/

/**
 * Whether a pattern surely is RE2: literals, `.`, classes of letters and digits, groups, alternatives, and one
 * quantifier at a time. False says nothing: the engine has to judge.
 */
export function isPlainPattern(pattern: string): boolean {
  if (pattern.length > LENGTH_MAX) return false
  if (FLAT.test(pattern)) return true
  let depth = 0
  let isQuantifiable = false
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string
    switch (char) {
      case '\\':
        if (!ESCAPED.has(pattern[++at] ?? '')) return false
        isQuantifiable = true
        break
      case '(':
        if (pattern[at + 1] === '?') {
          if (pattern[at + 2] !== ':') return false
          at += 2
        }
        if (++depth > DEPTH_MAX) return false
        isQuantifiable = false
        break
      case ')':
        if (--depth < 0) return false
        isQuantifiable = true
        break
      case '|':
      case '^':
      case '$':
        isQuantifiable = false
        break
      case '*':
      case '+':
      case '?':
        if (!isQuantifiable) return false
        if (pattern[at + 1] === '?') at++
        isQuantifiable = false
        break
      case '[':
        at = classEnd(pattern, at)
        if (at < 0) return false
        isQuantifiable = true
        break
      case '.':
        isQuantifiable = true
        break
      default:
        if (!SIMPLE.test(char)) return false
        isQuantifiable = true
    }
  }
  return depth === 0
}

/** Where the class that begins at `start` ends, or -1 if it holds more than plain characters and ranges of them. */
function classEnd(pattern: string, start: number): number {
  let at = start + 1
  if (pattern[at] === '^') at++
  const first = at
  for (; at < pattern.length; at++) {
    const char = pattern[at] as string
    if (char === ']') return at > first ? at : -1
    // A dash is plain only at the end.
    if (char === '-') return pattern[at + 1] === ']' && at > first ? at + 1 : -1
    if (!WORD.test(char) && !LOOSE.has(char)) return -1
    if (pattern[at + 1] === '-' && pattern[at + 2] !== ']') {
      const last = pattern[at + 2] ?? ''
      if (!WORD.test(char) || !WORD.test(last) || last < char) return -1
      at += 2
    }
  }
  return -1
}
