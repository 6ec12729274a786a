/** Windows where the kernels can read them, with what else they need of the times alone. */
import { KahanSum } from '../functions/kahan.ts'
import { FLOAT } from '../tile.ts'
import type { Piece, Workspace } from '../workspace.ts'
import { spansOf, type Windows } from './windows.ts'

/** Windows of all steps that lie in the workspace at once. */
const PLACED_STEPS_MAX = 1 << 16
const PLACES_MAX = 64
/** Columns of a place: both bounds together, five of spans, three of what only some functions need. */
const COLUMNS = 9

/** Steps that have a value, as pairs of from and to; `kinds` says the same per step. */
export interface Present {
  readonly runs: readonly number[]
  readonly kinds: Uint8Array
  readonly count: number
  /** Samples of the longest window. */
  readonly longest: number
}

export interface Place {
  readonly piece: Piece
  /** Addresses of columns. */
  readonly starts: number
  readonly ends: number
  readonly spans: number
  readonly extra: number
  /** What lies there now. */
  windows: Windows | undefined
  hasSpans: boolean
  hasExtra: boolean
  present: Present
}

const NOTHING: Present = { runs: [], kinds: new Uint8Array(0), count: 0, longest: 0 }

/** The places of one operator. All of its windows have as many steps. */
export class PlacedWindows {
  readonly #workspace: Workspace
  readonly #steps: number
  readonly #samplesLeast: number
  readonly #places: Place[] = []
  readonly #placesMax: number
  #next = 0

  /** A step has a value if its window has `samplesLeast` samples. */
  constructor(workspace: Workspace, steps: number, samplesLeast: number) {
    this.#workspace = workspace
    this.#steps = steps
    this.#samplesLeast = samplesLeast
    this.#placesMax = Math.max(1, Math.min(PLACES_MAX, Math.floor(PLACED_STEPS_MAX / steps)))
  }

  /** Where `windows` lie, put there if need be; undefined if there is no room at all. */
  of(windows: Windows): Place | undefined {
    const known = windows.place
    if (known?.windows === windows) return known
    const place = this.#take()
    if (!place) return undefined
    const { buffer } = place.piece.floats
    new Uint32Array(buffer, place.starts, this.#steps).set(windows.from)
    new Uint32Array(buffer, place.ends, this.#steps).set(windows.to)
    place.windows = windows
    place.hasSpans = false
    place.hasExtra = false
    place.present = presentOf(windows, this.#samplesLeast)
    windows.place = place
    return place
  }

  /** A place of its own while there is room, then the one that was taken first. */
  #take(): Place | undefined {
    if (this.#places.length < this.#placesMax) {
      const piece = this.#workspace.take(this.#steps * COLUMNS)
      if (piece) {
        const { address } = piece
        const place: Place = {
          piece,
          starts: address,
          ends: address + this.#steps * 4,
          spans: address + this.#steps * 8,
          extra: address + this.#steps * 48,
          windows: undefined,
          hasSpans: false,
          hasExtra: false,
          present: NOTHING,
        }
        this.#places.push(place)
        return place
      }
    }
    this.#next = (this.#next + 1) % Math.max(1, this.#places.length)
    return this.#places[this.#next]
  }
}

function presentOf({ from, to }: Windows, samplesLeast: number): Present {
  const kinds = new Uint8Array(from.length)
  const runs: number[] = []
  let count = 0
  let longest = 0
  let isOpen = false
  for (let step = 0; step < kinds.length; step++) {
    const size = to[step]! - from[step]!
    if (size > longest) longest = size
    const isThere = size >= samplesLeast
    if (isThere) {
      kinds[step] = FLOAT
      count++
    }
    if (isThere !== isOpen) runs.push(step)
    isOpen = isThere
  }
  if (isOpen) runs.push(kinds.length)
  return { runs, kinds, count, longest }
}

/** Puts the spans of the windows into their place. */
export function placeSpans(
  place: Place,
  times: Float64Array,
  start: number,
  ends: Float64Array,
  rangeMs: number,
): void {
  if (place.hasSpans) return
  place.hasSpans = true
  const spans = spansOf(place.windows as Windows, times, start, ends, rangeMs)
  const { sampled, before, after, factor, factorPerSecond } = spans
  const { floats } = place.piece
  const steps = ends.length
  const columns = [sampled, before, after, factor, factorPerSecond]
  columns.forEach((column, i) => {
    floats.set(column, steps * (i + 1))
  })
}

/** Puts the seconds between the last two samples of each window into their place. */
export function placeLastSeconds(place: Place, times: Float64Array, start: number): void {
  if (place.hasExtra) return
  place.hasExtra = true
  const { from, to } = place.windows as Windows
  const into = place.piece.floats.subarray(from.length * 6)
  for (let step = 0; step < from.length; step++) {
    if (to[step]! - from[step]! < 2) continue
    const last = start + to[step]! - 1
    into[step] = (times[last]! - times[last - 1]!) / 1000
  }
}

/**
 * Puts the origins of the lines through each window into their place, and the sums of x and of its square. `atMs`: the
 * origins; without, they are the first samples.
 */
export function placeLines(
  place: Place,
  times: Float64Array,
  start: number,
  atMs: Float64Array | undefined,
): void {
  if (place.hasExtra) return
  place.hasExtra = true
  const { from, to } = place.windows as Windows
  const steps = from.length
  const into = place.piece.floats.subarray(steps * 6)
  const sumX = new KahanSum()
  const sumX2 = new KahanSum()
  for (let step = 0; step < steps; step++) {
    if (to[step]! - from[step]! < 2) continue
    const low = start + from[step]!
    const high = start + to[step]!
    const origin = atMs ? atMs[step]! : times[low]!
    sumX.reset()
    sumX2.reset()
    for (let i = low; i < high; i++) {
      const x = (times[i]! - origin) / 1000
      sumX.add(x)
      sumX2.add(x * x)
    }
    into[step] = origin
    into[steps + step] = sumX.sum + sumX.lost
    into[steps * 2 + step] = sumX2.sum + sumX2.lost
  }
}
