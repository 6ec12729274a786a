import type { FloatHistogram, Histogram } from '@prom/histogram'

/** What `next` found. A comment is a line without meaning; `end` comes once, last. */
export type Entry = 'end' | 'comment' | 'type' | 'help' | 'unit' | 'series' | 'histogram'

export interface ExposedExemplar {
  /** Flat name/value pairs as exposed. */
  readonly labels: readonly string[]
  readonly value: number
  /** Milliseconds, or undefined. */
  readonly timeMs: number | undefined
}

/**
 * Walks one exposition, entry by entry. Fields speak of the entry `next` returned last. Throws `ExpositionError`
 * with the original's text at the first thing that is not valid; the body is then worth nothing.
 */
export interface ExpositionParser {
  next(): Entry
  /** type, help, unit: the family they are about, and their text (a type in lower case, help unescaped). */
  readonly familyName: string
  readonly text: string
  /** series, histogram: the name may be any UTF-8. Pairs as exposed, name first, unsorted, maybe repeated. */
  labels(): string[]
  /** series only. NaN is the plain one. */
  readonly value: number
  /** series, histogram: explicit time in milliseconds, or undefined. */
  readonly timeMs: number | undefined
  readonly histogram: Histogram | FloatHistogram | undefined
  exemplars(): readonly ExposedExemplar[]
  /** Start time of a counter, histogram or summary in milliseconds, if the exposition says it and was asked for. */
  readonly startTimeMs: number | undefined
  /** Text formats, series: where its line starts and where its value does, as offsets into the bytes. */
  readonly lineStart: number
  readonly valueStart: number
  /** Text formats: where the next line starts. */
  readonly lineEnd: number
  /** Text formats: type of the last TYPE line ('' before the first); it decides how `le` is printed. */
  readonly currentType: string
  /** Unit of the family, '' if none is said. */
  readonly currentUnit: string
}
