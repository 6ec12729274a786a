/** The naive model of the random walk: series text to time to value bits. */

/** Bits of a value as text: NaN payloads and -0 differ. */
export type Bits = string

export type Content = Map<string, Map<number, Bits>>

interface Doubt {
  readonly series: string
  readonly time: number
  readonly bits: Bits
}

/**
 * What must be there, and what may or may not be there because an operation failed or died half way. Doubts end when
 * they are seen, or when a new process has read everything.
 */
export class WalkModel {
  readonly sure: Content = new Map()
  #maybeThere: Doubt[] = []
  #maybeGone: Doubt[] = []

  /** An acknowledged sample. */
  put(series: string, time: number, bits: Bits): void {
    let samples = this.sure.get(series)
    if (!samples) this.sure.set(series, (samples = new Map()))
    samples.set(time, bits)
    this.#maybeThere = this.#maybeThere.filter((d) => d.series !== series || d.time !== time)
  }

  /** A sample of a batch that was not acknowledged. */
  doubt(series: string, time: number, bits: Bits): void {
    if (!this.sure.get(series)?.has(time)) this.#maybeThere.push({ series, time, bits })
  }

  /** An acknowledged deletion. */
  remove(matches: (series: string) => boolean, mint: number, maxt: number): void {
    for (const [series, samples] of this.sure) {
      if (!matches(series)) continue
      for (const time of [...samples.keys()]) if (time >= mint && time <= maxt) samples.delete(time)
    }
    const isGone = (d: Doubt) => matches(d.series) && d.time >= mint && d.time <= maxt
    this.#maybeThere = this.#maybeThere.filter((d) => !isGone(d))
    this.#maybeGone = this.#maybeGone.filter((d) => !isGone(d))
  }

  /** A deletion that failed or died: what it covers may be gone or not. */
  doubtRemoved(matches: (series: string) => boolean, mint: number, maxt: number): void {
    for (const [series, samples] of this.sure) {
      if (!matches(series)) continue
      for (const [time, bits] of samples) {
        if (time < mint || time > maxt) continue
        samples.delete(time)
        this.#maybeGone.push({ series, time, bits })
      }
    }
  }

  /** Compares all content; throws naming the first difference. `isReborn`: a new process has read everything. */
  check(actual: Content, isReborn: boolean): void {
    const doubts = new Map<string, Bits[]>()
    for (const d of [...this.#maybeThere, ...this.#maybeGone]) {
      const at = key(d.series, d.time)
      doubts.set(at, [...(doubts.get(at) ?? []), d.bits])
    }
    for (const [series, samples] of actual) {
      for (const [time, bits] of samples) {
        const known = this.sure.get(series)?.get(time)
        if (known === bits || doubts.get(key(series, time))?.includes(bits)) continue
        throw new Error(`${series} has ${bits} at ${time}, not ${known ?? 'nothing'}`)
      }
    }
    for (const [series, samples] of this.sure) {
      for (const [time, bits] of samples) {
        if (actual.get(series)?.has(time)) continue
        throw new Error(`${series} has lost ${bits} at ${time}`)
      }
    }
    const isSeen = (d: Doubt) => actual.get(d.series)?.get(d.time) === d.bits
    for (const d of this.#maybeThere.filter(isSeen)) this.put(d.series, d.time, d.bits)
    if (!isReborn) return
    for (const d of this.#maybeGone.filter(isSeen)) this.put(d.series, d.time, d.bits)
    this.#maybeThere = []
    this.#maybeGone = []
  }

  /** What a query for [mint, maxt] must find, doubts aside; undefined while there are doubts. */
  range(matches: (series: string) => boolean, mint: number, maxt: number): Content | undefined {
    if (this.#maybeThere.length + this.#maybeGone.length > 0) return undefined
    const found: Content = new Map()
    for (const [series, samples] of this.sure) {
      if (!matches(series)) continue
      const inside = [...samples].filter(([time]) => time >= mint && time <= maxt)
      if (inside.length > 0) found.set(series, new Map(inside))
    }
    return found
  }
}

function key(series: string, time: number): string {
  return `${series} @${time}`
}
