import { OpenMetricsParser } from './openmetrics-parser.ts'
import { ExpositionError } from './parse-error.ts'
import type { Entry, ExposedExemplar, ExpositionParser } from './parser.ts'

/** Families that may say when they began. */
const STARTED = new Set(['counter', 'histogram', 'summary'])
const SUFFIX = '_created'

/**
 * OpenMetrics whose `_created` lines are no samples but the start times of their family's series, wherever in the
 * family they stand. Walks the body twice: first for these lines, then for the rest.
 */
export class CreatedLinesParser implements ExpositionParser {
  readonly histogram = undefined
  readonly #inner: OpenMetricsParser
  /** By number of the TYPE line and labels. */
  readonly #starts: ReadonlyMap<string, number>
  #family = ''
  #types = 0

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#starts = collectStarts(new OpenMetricsParser(bytes, start, end))
    this.#inner = new OpenMetricsParser(bytes, start, end)
  }

  get familyName(): string {
    return this.#inner.familyName
  }

  get text(): string {
    return this.#inner.text
  }

  get value(): number {
    return this.#inner.value
  }

  get timeMs(): number | undefined {
    return this.#inner.timeMs
  }

  get lineStart(): number {
    return this.#inner.lineStart
  }

  get valueStart(): number {
    return this.#inner.valueStart
  }

  get lineEnd(): number {
    return this.#inner.lineEnd
  }

  get currentType(): string {
    return this.#inner.currentType
  }

  get currentUnit(): string {
    return this.#inner.currentUnit
  }

  get startTimeMs(): number | undefined {
    if (this.#starts.size === 0 || !STARTED.has(this.currentType)) return undefined
    const labels = this.#inner.labels()
    if (!labels[1]?.startsWith(this.#family)) return undefined
    return this.#starts.get(startKey(this.#types, labels))
  }

  labels(): string[] {
    return this.#inner.labels()
  }

  exemplars(): readonly ExposedExemplar[] {
    return this.#inner.exemplars()
  }

  next(): Entry {
    for (;;) {
      const entry = this.#inner.next()
      if (entry === 'type') {
        this.#types++
        this.#family = this.#inner.familyName
      }
      if (entry !== 'series' || !isCreatedLine(this.#inner)) return entry
    }
  }
}

function isCreatedLine(parser: OpenMetricsParser): boolean {
  return STARTED.has(parser.currentType) && (parser.labels()[1] as string).endsWith(SUFFIX)
}

/** Up to the first error, which the second walk meets again. */
function collectStarts(parser: OpenMetricsParser): Map<string, number> {
  const starts = new Map<string, number>()
  let types = 0
  let family = ''
  try {
    for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
      if (entry === 'type') {
        types++
        family = parser.familyName
      }
      if (entry !== 'series' || !STARTED.has(parser.currentType)) continue
      const labels = parser.labels()
      if (labels[1] !== family + SUFFIX) continue
      const key = startKey(types, labels)
      if (!starts.has(key)) starts.set(key, Math.trunc(parser.value * 1000))
    }
  } catch (err) {
    if (!(err instanceof ExpositionError)) throw err
  }
  return starts
}

/** Labels but the name and those that tell the series of one histogram or summary apart. */
function startKey(types: number, labels: readonly string[]): string {
  const pairs: string[] = []
  for (let i = 2; i < labels.length; i += 2) {
    if (labels[i] === 'le' || labels[i] === 'quantile') continue
    pairs.push(JSON.stringify([labels[i], labels[i + 1]]))
  }
  return `${types} ${pairs.sort().join()}`
}
