/** What the feature flags of a program allow in queries; everything is off by default. */
export interface ParseOptions {
  /** `promql-experimental-functions`. */
  readonly experimentalFunctions?: boolean
  /** `promql-extended-range-selectors`: anchored and smoothed. */
  readonly extendedRangeSelectors?: boolean
  /** `promql-binop-fill-modifiers`. */
  readonly fillModifiers?: boolean
  /** Longest accepted query in characters; default 1 MiB. */
  readonly lengthMax?: number
  /** A selector may match every series; default false. */
  readonly allowsEmptyMatchers?: boolean
}
