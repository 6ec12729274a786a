/** `promtool tsdb dump` and `dump-openmetrics`: the samples of a data folder as text. */
import { posix } from 'node:path'
import { printHistogram } from '@prom/histogram'
import type { Labels, Matcher } from '@prom/labels'
import { METRIC_NAME } from '@prom/labels'
import { printFloat, quoteGo } from '@prom/model'
import { ParseError, parseSelector } from '@prom/promql-syntax'
import type { SampleColumns, SeriesSet } from '@prom/storage'
import { openReadOnlyTsdb, StorageError } from '@prom/tsdb'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { printLabelSet } from '../query/print-result.ts'
import { SILENT } from './silent-log.ts'

const WRITE_CHARACTERS = 1 << 16
/** Series between two returns of decoded columns. */
const RELEASE_SERIES = 64

export type DumpFormat = 'prom' | 'seriesjson' | 'openmetrics'

export interface TsdbDumpValues {
  readonly path: string
  /** Milliseconds. */
  readonly minTime: number
  readonly maxTime: number
  /** Selectors; a series of any of them is shown. */
  readonly matchers: readonly string[]
  readonly sandboxDir: string | undefined
  readonly format: DumpFormat
}

export async function tsdbDump(values: TsdbDumpValues, context: Context): Promise<number> {
  const { host } = context
  const { minTime: mint, maxTime: maxt } = values
  const sandbox = values.sandboxDir
  try {
    if (sandbox && !host.files.statSync(posix.resolve(host.cwd, sandbox))) {
      throw new StorageError(`setting up sandbox dir: stat ${sandbox}: no such file or directory`)
    }
    const dir = posix.resolve(host.cwd, values.path)
    const shownDir = values.path.replace(/(?<=.)\/+$/, '')
    const db = openReadOnlyTsdb({ dir, shownDir, maxt }, { files: host.files, log: SILENT })
    try {
      const selectors = values.matchers.map((text) =>
        parseSelector(text, { allowsEmptyMatchers: true }),
      )
      const querier = db.querier(mint, maxt)
      const sets = selectors.map((matchers: readonly Matcher[]) =>
        querier.select(matchers, { mint, maxt }),
      )
      const problem = write(sets, PRINTERS[values.format], context)
      querier.close()
      if (problem) throw problem
    } finally {
      db.close()
    }
    if (values.format === 'openmetrics') host.stdout.write('# EOF\n')
    return EXIT_OK
  } catch (err) {
    if (!(err instanceof StorageError || err instanceof ParseError)) throw err
    host.stderr.write(`${err.message}\n`)
    return EXIT_FAILURE
  }
}

type Sampler = (columns: SampleColumns, index: number) => string

type Printer = (labels: Labels) => { readonly head: string; readonly sample?: Sampler }

const PRINTERS: Readonly<Record<DumpFormat, Printer>> = {
  prom: (labels) => {
    const shown = printLabelSet(labels.toObject())
    return {
      head: '',
      sample: ({ values, times, histograms }, i) => {
        const histogram = histograms?.[i]
        let value = histogram
          ? printHistogram(histogram, (number) => printFloat(number), printCount)
          : printFloat(values[i]!)
        // A stale marker among histograms is one of theirs.
        if (value === 'NaN' && histograms?.[i - 1]) value = '{count:0, sum:NaN}'
        return `${shown} ${value} ${times[i]}\n`
      },
    }
  },
  openmetrics: (labels) => {
    const pairs = [...labels].filter(([name]) => name !== METRIC_NAME)
    const shown = `${labels.get(METRIC_NAME)}{${pairs.map(([name, value]) => `${name}=${quoteGo(value)}`).join(',')}}`
    return {
      head: '',
      sample: ({ values, times, histograms }, i) => {
        if (histograms?.[i]) return ''
        return `${shown} ${printFloat(values[i]!)} ${(times[i]! / 1000).toFixed(3)}\n`
      },
    }
  },
  seriesjson: (labels) => ({ head: `${JSON.stringify(labels.toObject())}\n` }),
}

// Compat: counts of integer histograms have all their digits.
const printCount = (value: number) =>
  Number.isInteger(value) && Math.abs(value) < 1e21 ? value.toFixed(0) : printFloat(value)

/**
 * Series of all sets in label order, those of equal labels once. Returns the error of the first series that cannot be
 * read; the others are written all the same.
 */
function write(
  sets: readonly SeriesSet[],
  print: Printer,
  { host }: Context,
): StorageError | undefined {
  let problem: StorageError | undefined
  const at = sets.map(() => 0)
  let text = ''
  for (let count = 1; ; count++) {
    let lowest: Labels | undefined
    let source = 0
    sets.forEach((set, i) => {
      if (at[i]! >= set.length) return
      const labels = set.labels(at[i]!)
      const order = lowest ? labels.compare(lowest) : -1
      if (order < 0) {
        lowest = labels
        source = i
      } else if (order === 0) at[i]!++
    })
    if (!lowest) break
    const { head, sample } = print(lowest)
    text += head
    const index = at[source]!++
    const columns = sample && read(sets[source]!, index)
    if (columns instanceof StorageError) problem ??= columns
    else if (columns) {
      for (let i = columns.start; i < columns.end; i++) {
        text += (sample as Sampler)(columns, i)
        if (text.length < WRITE_CHARACTERS) continue
        host.stdout.write(text)
        text = ''
      }
    }
    if (count % RELEASE_SERIES === 0) for (const set of sets) set.release()
  }
  host.stdout.write(text)
  return problem
}

function read(set: SeriesSet, index: number): SampleColumns | StorageError {
  try {
    return set.samples(index)
  } catch (err) {
    if (err instanceof StorageError) return err
    throw err
  }
}
