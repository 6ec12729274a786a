/** One silence and the rules of its life. */
import type { Labels, Matcher, MatchType } from '@prom/labels'

export type SilenceState = 'pending' | 'active' | 'expired'

export interface SilenceMatcher {
  readonly type: MatchType
  readonly name: string
  readonly pattern: string
}

export interface Silence {
  readonly id: string
  /** An alert is silenced when all matchers of any one set match. */
  readonly matcherSets: readonly (readonly SilenceMatcher[])[]
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly updatedAtMs: number
  readonly createdBy: string
  readonly comment: string
  readonly annotations: ReadonlyMap<string, string>
  /** Encoded fields that newer versions added; kept as they are. */
  readonly unknown: Uint8Array
}

export function silenceState(
  { startsAtMs, endsAtMs }: Pick<Silence, 'startsAtMs' | 'endsAtMs'>,
  atMs: number,
): SilenceState {
  if (atMs < startsAtMs) return 'pending'
  return atMs >= endsAtMs ? 'expired' : 'active'
}

/** May `next` replace `known` under the same id, or must the old one expire and a new one begin? */
export function canUpdate(known: Silence, next: Silence, atMs: number): boolean {
  if (!isSameMatchers(known, next)) return false
  switch (silenceState(known, atMs)) {
    case 'active':
      return seconds(known.startsAtMs) === seconds(next.startsAtMs) && next.endsAtMs >= atMs
    case 'pending':
      return next.startsAtMs >= atMs
    case 'expired':
      return false
  }
}

export function matchesAny(sets: readonly (readonly Matcher[])[], labels: Labels): boolean {
  return sets.some((set) => set.every((matcher) => matcher.matches(labels.get(matcher.name))))
}

function isSameMatchers(a: Silence, b: Silence): boolean {
  const print = ({ matcherSets }: Silence) =>
    JSON.stringify(
      matcherSets.map((set) => set.map(({ type, name, pattern }) => [type, name, pattern])),
    )
  return print(a) === print(b)
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
