import { firstAfter } from './columns.ts'
import type { Place } from './placed-windows.ts'

/**
 * Which samples each step sees: `from[step]` up to, not including, `to[step]`, counted from the series' first
 * sample (its `start`).
 */
export interface Windows {
  readonly from: Uint32Array
  readonly to: Uint32Array
  /** Sizes of all windows together. */
  readonly total: number
  /** What the extrapolation of rates needs of the times alone; made when first asked for. */
  spans: Spans | undefined
  /** Where they lie for kernels, if they still do. */
  place: Place | undefined
}

/** Per step with at least two samples: how far they reach, and the window around them, in seconds. */
export interface Spans {
  readonly sampled: Float64Array
  /** From the start of the window to the first sample, already cut to half an interval. */
  readonly before: Float64Array
  readonly after: Float64Array
  /** By how much a difference grows when no counter's zero is in the way. */
  readonly factor: Float64Array
  /** `factor` divided by the seconds of the range. */
  readonly factorPerSecond: Float64Array
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
  if (steps === 0) return { from, to, total, spans: undefined, place: undefined }
  let low = firstAfter(times, start, end, (ends[0] as number) - rangeMs)
  let high = low
  for (let step = 0; step < steps; step++) {
    const last = ends[step] as number
    const first = last - rangeMs
    while (low < end && (times[low] as number) <= first) low++
    if (high < low) high = low
    while (high < end && (times[high] as number) <= last) high++
    from[step] = low - start
    to[step] = high - start
    total += high - low
  }
  return { from, to, total, spans: undefined, place: undefined }
}

/** The spans of `windows`, made once for all series that share them. */
export function spansOf(
  windows: Windows,
  times: Float64Array,
  start: number,
  ends: Float64Array,
  rangeMs: number,
): Spans {
  if (windows.spans) return windows.spans
  const { from, to } = windows
  const steps = from.length
  const sampled = new Float64Array(steps)
  const before = new Float64Array(steps)
  const after = new Float64Array(steps)
  const factor = new Float64Array(steps)
  const factorPerSecond = new Float64Array(steps)
  const rangeSeconds = rangeMs / 1000
  for (let step = 0; step < steps; step++) {
    const count = to[step]! - from[step]!
    if (count < 2) continue
    const first = times[start + from[step]!]!
    const last = times[start + to[step]! - 1]!
    const end = ends[step]!
    const reach = (last - first) / 1000
    const mean = reach / (count - 1)
    const threshold = mean * 1.1
    let left = (first - (end - rangeMs)) / 1000
    let right = (end - last) / 1000
    if (left >= threshold) left = mean / 2
    if (right >= threshold) right = mean / 2
    sampled[step] = reach
    before[step] = left
    after[step] = right
    const grow = reach === 0 ? 1 : (reach + left + right) / reach
    factor[step] = grow
    factorPerSecond[step] = grow / rangeSeconds
  }
  windows.spans = { sampled, before, after, factor, factorPerSecond }
  return windows.spans
}

/** Steps of all windows that are remembered; beyond it they are forgotten. */
const REMEMBERED_STEPS_MAX = 1 << 19

interface Remembered {
  readonly start: number
  readonly end: number
  readonly windows: Windows
}

/** Remembers windows: series of one target mostly have the same times. */
export class WindowCache {
  readonly #ends: Float64Array
  readonly #rangeMs: number
  /** A copy: storage may reuse its arrays. */
  #times = new Float64Array(0)
  #count = -1
  #windows: Windows | undefined
  /** By times that are known not to change. */
  readonly #shared = new Map<Float64Array, Remembered>()

  constructor(ends: Float64Array, rangeMs: number) {
    this.#ends = ends
    this.#rangeMs = rangeMs
  }

  /** `isShared`: the same array, start and end are the same times for as long as this lives. */
  of(times: Float64Array, start: number, end: number, isShared = false): Windows {
    if (!isShared) return this.#byContent(times, start, end)
    const known = this.#shared.get(times)
    if (known && known.start === start && known.end === end) return known.windows
    const windows = makeWindows(times, start, end, this.#ends, this.#rangeMs)
    if ((this.#shared.size + 1) * this.#ends.length > REMEMBERED_STEPS_MAX) this.#shared.clear()
    this.#shared.set(times, { start, end, windows })
    return windows
  }

  #byContent(times: Float64Array, start: number, end: number): Windows {
    if (this.#windows && this.#isSame(times, start, end)) return this.#windows
    this.#windows = makeWindows(times, start, end, this.#ends, this.#rangeMs)
    const count = end - start
    if (this.#times.length < count) this.#times = new Float64Array(count * 2)
    this.#times.set(times.subarray(start, end))
    this.#count = count
    return this.#windows
  }

  #isSame(times: Float64Array, start: number, end: number): boolean {
    const known = this.#times
    const count = end - start
    if (count !== this.#count) return false
    // Differences show mostly at the ends.
    if (count > 0 && times[end - 1] !== known[count - 1]) return false
    for (let i = 0; i < count; i++) if (times[start + i] !== known[i]) return false
    return true
  }
}
