import { firstAfter } from './columns.ts'

/** Which samples each step sees: index `from[step]` up to, not including, `to[step]`. */
export interface Windows {
  readonly from: Uint32Array
  readonly to: Uint32Array
  /** Sizes of all windows together. */
  readonly total: number
  readonly largest: number
}

/** Left-open windows (end - range, end], one per step; `ends` ascend. */
export function makeWindows(
  times: Float64Array,
  start: number,
  end: number,
  ends: Float64Array,
  rangeMs: number,
): Windows {
  const steps = ends.length
  const from = new Uint32Array(steps)
  const to = new Uint32Array(steps)
  let total = 0
  let largest = 0
  if (steps === 0) return { from, to, total, largest }
  let low = firstAfter(times, start, end, (ends[0] as number) - rangeMs)
  let high = low
  for (let step = 0; step < steps; step++) {
    const last = ends[step] as number
    const first = last - rangeMs
    while (low < end && (times[low] as number) <= first) low++
    if (high < low) high = low
    while (high < end && (times[high] as number) <= last) high++
    from[step] = low
    to[step] = high
    total += high - low
    if (high - low > largest) largest = high - low
  }
  return { from, to, total, largest }
}

/** Remembers the windows of the times seen last: series of one target share their times. */
export class WindowCache {
  readonly #ends: Float64Array
  readonly #rangeMs: number
  #times: Float64Array | undefined
  #start = 0
  #end = 0
  #windows: Windows | undefined

  constructor(ends: Float64Array, rangeMs: number) {
    this.#ends = ends
    this.#rangeMs = rangeMs
  }

  of(times: Float64Array, start: number, end: number): Windows {
    if (this.#windows && times === this.#times && start === this.#start && end === this.#end) {
      return this.#windows
    }
    this.#windows = makeWindows(times, start, end, this.#ends, this.#rangeMs)
    this.#times = times
    this.#start = start
    this.#end = end
    return this.#windows
  }
}
