/** `promtool tsdb create-blocks-from openmetrics`. */
import { posix } from 'node:path'
import { ExpositionError } from '@prom/exposition'
import { type BlockMeta, ImportBlock, StorageError } from '@prom/tsdb'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { Progress } from '../progress.ts'
import { describeReadError } from '../read-error.ts'
import { blockRange } from './block-ranges.ts'
import { ImportSeries } from './import-series.ts'
import { openBlocks } from './open-blocks.ts'
import { MissingTimeError, OpenMetricsReader } from './openmetrics-reader.ts'
import { printBlocks } from './tsdb-list.ts'

/** Samples of one commit. */
const COMMIT_ROWS = 5000
/** Samples and series held at a time; what is beyond is read again. */
const MEMORY_BYTES = 384 << 20

export interface ImportOpenMetricsValues {
  readonly input: string
  readonly output: string
  readonly labels: readonly (readonly [string, string])[]
  readonly isHumanReadable: boolean
  readonly isQuiet: boolean
  readonly maxBlockMs: number
}

export async function importOpenMetrics(
  values: ImportOpenMetricsValues,
  context: Context,
): Promise<number> {
  const { host } = context
  const dir = posix.resolve(host.cwd, values.output)
  try {
    host.files.mkdirSync(dir)
    new Import(values, dir, context).run()
    return EXIT_OK
  } catch (err) {
    if (!(err instanceof Error)) throw err
    host.stderr.write(`${err.message}\n`)
    return EXIT_FAILURE
  }
}

class Import {
  readonly #values: ImportOpenMetricsValues
  readonly #dir: string
  readonly #context: Context
  readonly #rangeMs: number
  readonly #progress: Progress
  #hasHeader = false

  constructor(values: ImportOpenMetricsValues, dir: string, context: Context) {
    this.#values = values
    this.#dir = dir
    this.#context = context
    this.#rangeMs = blockRange(values.maxBlockMs)
    this.#progress = new Progress('Reading', context.host)
  }

  /** Each pass takes the earliest ranges that fit into memory; most files need one. */
  run(): void {
    let from = -Infinity
    for (;;) {
      const { blocks, series, minTime, next } = this.#pass(from)
      this.#progress.end()
      this.#write(blocks, series, minTime)
      if (next === Infinity) return
      from = next
    }
  }

  /** Reads the whole file and keeps the blocks whose number is `from` or later, as far as memory goes. */
  #pass(from: number) {
    const blocks = new Map<number, ImportBlock>()
    const series = new ImportSeries(this.#values.labels)
    const rangeMs = this.#rangeMs
    let minTime = Infinity
    let next = Infinity
    let heldBytes = 0
    let lastNumber = Number.NaN
    let last: ImportBlock | undefined
    const drop = () => {
      const latest = Math.max(...blocks.keys())
      if (blocks.size < 2) return
      heldBytes -= (blocks.get(latest) as ImportBlock).sizeBytes
      blocks.delete(latest)
      next = latest
      lastNumber = Number.NaN
    }
    const reader = new OpenMetricsReader({
      series: (labels) => series.add(labels),
      sample: (ref, timeMs, value) => {
        if (timeMs < minTime) minTime = timeMs
        const number = Math.floor(timeMs / rangeMs)
        if (number !== lastNumber) {
          if (number < from || number >= next) return
          lastNumber = number
          last = blocks.get(number)
          if (!last) {
            last = new ImportBlock(COMMIT_ROWS)
            heldBytes += last.sizeBytes
            blocks.set(number, last)
          }
        }
        const block = last as ImportBlock
        const before = block.sizeBytes
        block.append(ref, timeMs, value)
        if (block.sizeBytes === before) return
        heldBytes += block.sizeBytes - before
        while (heldBytes + series.sizeBytes > MEMORY_BYTES && blocks.size > 1) drop()
      },
      progress: (share) => this.#progress.show(share),
    })
    this.#read(reader)
    return { blocks, series, minTime, next }
  }

  #read(reader: OpenMetricsReader): void {
    const { files, cwd } = this.#context.host
    const path = posix.resolve(cwd, this.#values.input)
    const stat = files.statSync(path)
    if (!stat)
      throw new StorageError(describeReadError({ code: 'ENOENT' }, this.#values.input, 'stat'))
    if (stat.isDirectory) throw new StorageError(`mmap, size ${stat.sizeBytes}: no such device`)
    if (stat.sizeBytes === 0) throw new StorageError('mmap, size 0: invalid argument')
    const file = files.openSync(path, 'r')
    try {
      reader.read(file)
    } catch (err) {
      if (err instanceof MissingTimeError) {
        throw new StorageError(`getting min and max timestamp: ${err.message}`)
      }
      if (err instanceof ExpositionError) {
        throw new StorageError(`getting min and max timestamp: next: ${err.message}`)
      }
      throw err
    } finally {
      file.close()
    }
  }

  #write(blocks: ReadonlyMap<number, ImportBlock>, series: ImportSeries, minTime: number): void {
    const { host } = this.#context
    const ranks = series.ranks()
    // Compat: the first range begins where Go's division cuts; before 1970 that leaves samples out.
    const first = Math.trunc(minTime / this.#rangeMs)
    const options = { dir: this.#dir, rangeMs: this.#rangeMs, labels: series.labels, ranks }
    const numbers = [...blocks.keys()].filter((number) => number >= first).sort((a, b) => a - b)
    for (const number of numbers) {
      const block = blocks.get(number) as ImportBlock
      try {
        for (const [ref, problem] of series.problems) {
          if (block.hasSeries(ref)) throw new StorageError(problem)
        }
        const meta = block.write(options, host)
        if (meta && !this.#values.isQuiet) this.#print(meta)
      } catch (err) {
        if (!(err instanceof StorageError)) throw err
        throw new StorageError(`block creation: process blocks: add sample: ${err.message}`)
      }
    }
  }

  #print({ ulid }: BlockMeta): void {
    const { host } = this.#context
    const [block] = openBlocks(this.#values.output, this.#context, [ulid])
    if (!block) return
    const options = { isHumanReadable: this.#values.isHumanReadable, hasHeader: !this.#hasHeader }
    host.stdout.write(printBlocks([block], options, this.#context))
    this.#hasHeader = true
    block.close()
  }
}
