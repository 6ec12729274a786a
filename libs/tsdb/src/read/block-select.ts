/** From matchers to refs: which series of a block match. */
import type { Matcher } from '@prom/labels'
import type { IndexReader } from '../block/index-reader.ts'
import { intersect, subtract, union } from './postings-math.ts'

const NOTHING = new Uint32Array(0)

/** Ascending refs of the matching series. */
export function selectFromIndex(index: IndexReader, matchers: readonly Matcher[]): Uint32Array {
  let included: Uint32Array | undefined
  const excluded: Uint32Array[] = []
  for (const matcher of matchers) {
    if (matcher.matchesEmpty) {
      // Series without the label match: take away those whose value does not.
      excluded.push(valuesWhere(index, matcher, false))
      continue
    }
    const list = valuesWhere(index, matcher, true)
    if (list.length === 0) return NOTHING
    included = included ? intersect(included, list) : list
  }
  let refs = included ?? index.allPostings()
  for (const list of excluded) if (list.length > 0) refs = subtract(refs, list)
  return refs
}

/** Series whose value of the label the matcher accepts, or refuses. */
function valuesWhere(index: IndexReader, matcher: Matcher, isAccepted: boolean): Uint32Array {
  const listed = matcher.regex ? matcher.regex.setMatches() : [matcher.value]
  const isListed = (matcher.type === '=' || matcher.type === '=~') === isAccepted
  const lists: Uint32Array[] = []
  if (listed && isListed) {
    for (const value of new Set(listed)) {
      if (value === '') continue
      const list = index.postings(matcher.name, value)
      if (list.length > 0) lists.push(list)
    }
  } else {
    index.forEachPostings(matcher.name, (value, read) => {
      if (matcher.matches(value) === isAccepted) lists.push(read())
    })
  }
  return lists.length === 0 ? NOTHING : union(lists)
}
