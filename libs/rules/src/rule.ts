/** What recording and alerting rules have in common: their place in a group, and how they fared. */
import type { RuleRows } from './contract.ts'

export type RuleHealth = 'unknown' | 'ok' | 'err'

/** How the last evaluation of a rule went. */
export interface RuleOutcome {
  readonly health: RuleHealth
  /** '' where there was none. */
  readonly lastError: string
  /** Wall-clock start of the last evaluation; 0 = never. */
  readonly lastEvaluationMs: number
  readonly evaluationSeconds: number
}

export const NEVER_EVALUATED: RuleOutcome = {
  health: 'unknown',
  lastError: '',
  lastEvaluationMs: 0,
  evaluationSeconds: 0,
}

/** The evaluation of a rule failed; the message is what the API shows as lastError. */
export class RuleError extends Error {}

/** Rows of one evaluation, all at one time. */
export function rowsAt(
  timeMs: number,
  samples: readonly { readonly labels: readonly string[]; readonly value: number }[],
  stale: readonly (readonly string[])[] = [],
): RuleRows {
  const count = samples.length + stale.length
  const values = new Float64Array(count)
  const isStale = new Uint8Array(count)
  samples.forEach((sample, i) => {
    values[i] = sample.value
  })
  isStale.fill(1, samples.length)
  return {
    labels: [...samples.map((sample) => sample.labels), ...stale],
    times: new Float64Array(count).fill(timeMs),
    values,
    isStale,
  }
}
