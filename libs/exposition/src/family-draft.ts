import type { MetricType } from '@prom/metrics'

/** Which part of a histogram or summary a sample line carries, by the end of its name. */
export type Role = 'plain' | 'sum' | 'count' | 'bucket'

/** One sample line, taken apart. */
export interface SampleLine {
  /** Flat pairs, sorted by name, without the `le` or `quantile` of a histogram or summary. */
  readonly labels: readonly string[]
  readonly value: number
  readonly role: Role
  /** That `le` or `quantile`. */
  readonly bound: number | undefined
  readonly timeMs: number | undefined
}

/** A family on its way from lines to whatever its maker keeps. */
export interface FamilyDraft {
  readonly name: string
  help: string | undefined
  type: MetricType | undefined
  /** Whether no sample has come yet. */
  readonly isEmpty: boolean
  /** Called in the order of the lines; `type` does not change any more. */
  add(line: SampleLine): void
}
