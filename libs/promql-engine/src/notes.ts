import { lineColumn, type TextRange } from '@prom/promql-syntax'

const SHOWN_MAX = 10

/** Warnings and infos of one query. Compat: of equal texts only the one added last is kept, with its place. */
export class Notes {
  readonly #query: string
  readonly #warnings = new Map<string, string>()
  readonly #infos = new Map<string, string>()
  #monotonicity: MonotonicityNote[] = []

  constructor(query: string) {
    this.#query = query
  }

  warn(text: string, at: TextRange): void {
    this.#warnings.set(text, `PromQL warning: ${text} (${lineColumn(this.#query, at.start)})`)
  }

  info(text: string, at: TextRange): void {
    this.#infos.set(text, `PromQL info: ${text} (${lineColumn(this.#query, at.start)})`)
  }

  /** A warning of storage, shown as it is. */
  plainWarning(text: string): void {
    this.#warnings.set(text, text)
  }

  /** Notes about forced monotonicity at several times become one. */
  forcedMonotonicity(note: MonotonicityNote): void {
    const known = this.#monotonicity.find(
      (other) => other.name === note.name && other.at.start === note.at.start,
    )
    if (!known) {
      this.#monotonicity.push({ ...note })
      return
    }
    known.count += note.count
    known.firstMs = Math.min(known.firstMs, note.firstMs)
    known.lastMs = Math.max(known.lastMs, note.lastMs)
    known.low = Math.min(known.low, note.low)
    known.high = Math.max(known.high, note.high)
    known.maxDiff = Math.max(known.maxDiff, note.maxDiff)
  }

  takeMonotonicity(): MonotonicityNote[] {
    const taken = this.#monotonicity
    this.#monotonicity = []
    return taken
  }

  warnings(): string[] {
    return cut([...this.#warnings.values()], 'warning')
  }

  infos(): string[] {
    return cut([...this.#infos.values()], 'info')
  }
}

/** Buckets of a classic histogram that had to be raised. */
export interface MonotonicityNote {
  readonly name: string
  readonly at: TextRange
  count: number
  firstMs: number
  lastMs: number
  low: number
  high: number
  maxDiff: number
}

function cut(texts: string[], what: string): string[] {
  if (texts.length <= SHOWN_MAX) return texts
  const rest = texts.length - SHOWN_MAX
  return [...texts.slice(0, SHOWN_MAX), `${rest} more ${what} annotations omitted`]
}

/** ` for metric name "x"`, where the name is known. */
export function forMetric(name: string): string {
  return name === '' ? '' : ` for metric name ${JSON.stringify(name)}`
}
