import type { Labels } from '@prom/labels'
import { createUlid, printFloat } from '@prom/model'
import type { Clock, HostFiles, Random } from '@prom/runtime'
import type { BlockMeta } from '../block/meta.ts'
import { StorageError } from '../errors.ts'
import { cutFloatChunks } from './float-chunks.ts'
import { type BlockSeries, writeBlock } from './write-block.ts'

const FIRST_SAMPLES = 512

/**
 * Floats on their way into one block, in any order of series. Rows are kept as columns of 20 bytes; `write` sorts
 * them by series. Within a commit a row that is not newer than its series is dropped; one that is older than what
 * an earlier commit holds is an error, as with the original's importer.
 */
export class ImportBlock {
  #refs = new Uint32Array(FIRST_SAMPLES)
  #times = new Float64Array(FIRST_SAMPLES)
  #values = new Float64Array(FIRST_SAMPLES)
  readonly #commitRows: number
  #count = 0

  /** `commitRows`: rows of one commit. */
  constructor(commitRows: number) {
    this.#commitRows = commitRows
  }

  get count(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#refs.length * 20
  }

  hasSeries(ref: number): boolean {
    return this.#refs.subarray(0, this.#count).includes(ref)
  }

  append(ref: number, timeMs: number, value: number): void {
    if (this.#count === this.#refs.length) this.#grow()
    this.#refs[this.#count] = ref
    this.#times[this.#count] = timeMs
    this.#values[this.#count++] = value
  }

  /**
   * Writes the block; undefined if there was nothing. `labels[ref]` are the series, `ranks[ref]` their places in
   * label order. `rangeMs` is the width of a block's range.
   */
  write(
    options: {
      readonly dir: string
      readonly rangeMs: number
      readonly labels: readonly Labels[]
      readonly ranks: Uint32Array
    },
    { files, clock, random }: ImportDeps,
  ): BlockMeta | undefined {
    if (this.#count === 0) return undefined
    const { labels, rangeMs } = options
    const { order, starts, refs } = this.#sort(options.ranks)
    const symbols = new Set<string>()
    for (const ref of refs) for (const text of labels[ref]!.flat()) symbols.add(text)
    let minTime = Infinity
    let maxTime = -Infinity
    const kept = this.#keep(order, starts)
    for (const row of kept.rows) {
      const time = this.#times[row]!
      if (time < minTime) minTime = time
      if (time > maxTime) maxTime = time
    }
    const series = this.#series(refs, kept, labels, rangeMs)
    const plan = {
      ulid: createUlid(clock.now(), random.bytes(10)),
      minTime,
      maxTime: maxTime + 1,
      level: 1,
    }
    const steps = writeBlock(files, options.dir, plan, symbols, series)
    for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value
  }

  *#series(
    refs: readonly number[],
    { rows, ends }: Kept,
    labels: readonly Labels[],
    rangeMs: number,
  ): IterableIterator<BlockSeries> {
    const words = new Uint32Array(this.#values.buffer)
    let times = new Float64Array(1024)
    let bits = new Uint32Array(2048)
    for (let i = 0; i < refs.length; i++) {
      const start = i === 0 ? 0 : ends[i - 1]!
      const count = ends[i]! - start
      if (count > times.length) {
        times = new Float64Array(count * 2)
        bits = new Uint32Array(count * 4)
      }
      for (let k = 0; k < count; k++) {
        const row = rows[start + k]!
        times[k] = this.#times[row]!
        bits[k * 2] = words[row * 2]!
        bits[k * 2 + 1] = words[row * 2 + 1]!
      }
      // Compat: the importer pretends that a block is twice as wide.
      const chunks = cutFloatChunks(times, bits, count, rangeMs * 2)
      if (chunks.length > 0) yield { labels: labels[refs[i]!]!, chunks }
    }
  }

  /** Rows by series, in order of rank; rows of a series as they came. */
  #sort(ranks: Uint32Array): {
    readonly order: Uint32Array
    readonly starts: Uint32Array
    readonly refs: readonly number[]
  } {
    const count = this.#count
    const refsOf = this.#refs
    const counts = new Uint32Array(ranks.length)
    for (let row = 0; row < count; row++) counts[refsOf[row]!]!++
    const refs: number[] = []
    for (let ref = 0; ref < counts.length; ref++) if (counts[ref]! > 0) refs.push(ref)
    refs.sort((a, b) => ranks[a]! - ranks[b]!)
    const starts = new Uint32Array(refs.length + 1)
    const next = new Uint32Array(ranks.length)
    refs.forEach((ref, i) => {
      next[ref] = starts[i]!
      starts[i + 1] = starts[i]! + counts[ref]!
    })
    const order = new Uint32Array(count)
    for (let row = 0; row < count; row++) order[next[refsOf[row]!]!++] = row
    return { order, starts, refs }
  }

  /** The rows that are stored, by series. Throws the error of the first row that an earlier commit forbids. */
  #keep(order: Uint32Array, starts: Uint32Array): Kept {
    const times = this.#times
    const words = new Uint32Array(this.#values.buffer)
    const rows = new Uint32Array(order.length)
    const ends = new Uint32Array(starts.length - 1)
    let first = Infinity
    let reason = ''
    let end = 0
    for (let i = 0; i + 1 < starts.length; i++) {
      const start = end
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const row = order[at]!
        const last = end > start ? rows[end - 1]! : -1
        if (last < 0 || times[row]! > times[last]!) {
          rows[end++] = row
          continue
        }
        const problem = this.#problem(row, rows, start, end, words)
        if (problem !== undefined && row < first) {
          first = row
          reason = problem
        }
      }
      ends[i] = end
    }
    if (reason !== '') throw new StorageError(reason)
    return { rows: rows.subarray(0, end), ends }
  }

  /** What the newest row of earlier commits says against this one. */
  #problem(
    row: number,
    rows: Uint32Array,
    start: number,
    end: number,
    words: Uint32Array,
  ): string | undefined {
    const commit = Math.floor(row / this.#commitRows)
    let at = end - 1
    while (at >= start && Math.floor(rows[at]! / this.#commitRows) >= commit) at--
    if (at < start) return undefined
    const last = rows[at]!
    if (this.#times[row]! < this.#times[last]!) return 'out of order sample'
    if (this.#times[row]! > this.#times[last]!) return undefined
    const isSame = words[row * 2] === words[last * 2] && words[row * 2 + 1] === words[last * 2 + 1]
    if (isSame) return undefined
    const [old, value] = [this.#values[last]!, this.#values[row]!].map((v) => printFloat(v))
    return `duplicate sample for timestamp ${this.#times[row]}; overrides not allowed: existing ${old}, new value ${value}`
  }

  #grow(): void {
    const length = this.#refs.length * 2
    this.#refs = extend(this.#refs, new Uint32Array(length))
    this.#times = extend(this.#times, new Float64Array(length))
    this.#values = extend(this.#values, new Float64Array(length))
  }
}

export interface ImportDeps {
  readonly files: HostFiles
  readonly clock: Clock
  readonly random: Random
}

interface Kept {
  readonly rows: Uint32Array
  /** Per series, the end of its rows. */
  readonly ends: Uint32Array
}

function extend<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
