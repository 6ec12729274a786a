import type { ParseOptions } from '@prom/promql-syntax'
import type { Host } from '@prom/runtime'

export interface ReportOptions {
  /** Default: error. */
  readonly severity?: 'error' | 'warning'
  /** From 1; where the text does not say it. */
  readonly line?: number
}

/** What every command is handed besides its own flags. */
export interface Context {
  readonly host: Host
  /** Names given to --enable-feature. */
  readonly features: ReadonlySet<string>
  /** Told of each problem of a file, in the words that are printed; set where machines read along. */
  readonly report?: (file: string, text: string, more?: ReportOptions) => void
}

/** Exit codes of all commands. */
export const EXIT_OK = 0
export const EXIT_FAILURE = 1
export const EXIT_LINT = 3

/** What the features allow in queries. */
export function promqlOptions({ features }: Context): ParseOptions {
  return {
    experimentalFunctions: features.has('promql-experimental-functions'),
    extendedRangeSelectors: features.has('promql-extended-range-selectors'),
    fillModifiers: features.has('promql-binop-fill-modifiers'),
  }
}
