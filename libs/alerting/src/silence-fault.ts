/** What is wrong with a silence, in the words of the original. */
import { Matcher } from '@prom/labels'
import { quoteGo } from '@prom/model'
import type { Silence, SilenceMatcher } from './silence.ts'

/** What excludes something counts as a choice, whatever it says of the empty string. */
const isNegative = ({ type }: SilenceMatcher) => type === '!=' || type === '!~'

export function silenceFault(
  silence: Silence,
  isLabelName: (name: string) => boolean,
): string | undefined {
  if (silence.matcherSets.length === 0) return 'at least one matcher set required'
  for (const [setIndex, set] of silence.matcherSets.entries()) {
    if (set.length === 0) return `matcher set ${setIndex}: at least one matcher required`
    let matchesEmptyOnly = true
    for (const [i, matcher] of set.entries()) {
      if (!isLabelName(matcher.name)) {
        return `invalid label matcher ${i} in set ${setIndex}: invalid label name ${quoteGo(matcher.name)}`
      }
      let compiled: Matcher
      try {
        compiled = new Matcher(matcher.type, matcher.name, matcher.pattern)
      } catch (err) {
        return `invalid label matcher ${i} in set ${setIndex}: invalid regular expression ${quoteGo(matcher.pattern)}: ${(err as Error).message}`
      }
      if (isNegative(matcher) || !compiled.matchesEmpty) matchesEmptyOnly = false
    }
    if (matchesEmptyOnly)
      return `matcher set ${setIndex}: at least one matcher must not match the empty string`
  }
  if (silence.endsAtMs < silence.startsAtMs) return 'end time must not be before start time'
  return undefined
}
