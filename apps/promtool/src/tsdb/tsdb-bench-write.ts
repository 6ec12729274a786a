/** `promtool tsdb bench write`: how fast a new data folder takes samples. */
import { posix } from 'node:path'
import { Labels } from '@prom/labels'
import { printFloat, printGoDuration } from '@prom/model'
import { openTsdb, StorageError } from '@prom/tsdb'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { describeReadError } from '../read-error.ts'
import { SILENT } from './silent-log.ts'

const SCRAPES_PER_ROUND = 100
const INTERVAL_MS = 30_000
const FIRST_VALUE = 123_456_789
const STEP = 1000

export interface TsdbBenchWriteValues {
  readonly file: string
  readonly out: string
  /** Series to read. */
  readonly metrics: number
  readonly scrapes: number
}

export async function tsdbBenchWrite(
  { file, out, metrics, scrapes }: TsdbBenchWriteValues,
  context: Context,
): Promise<number> {
  const { host } = context
  const { files, clock, stdout, stderr, cwd, random, process: facts } = host
  const { pid } = facts
  const outDir = posix.resolve(cwd, out)
  const stage = <T>(name: string, work: () => T): T => {
    stdout.write(`>> start stage=${name}\n`)
    const start = clock.monotonic()
    const result = work()
    const took = printGoDuration(Math.round((clock.monotonic() - start) * 1e6))
    stdout.write(`>> completed stage=${name} duration=${took}\n`)
    return result
  }
  try {
    files.removeSync(outDir)
    files.mkdirSync(outDir)
    const series = stage('readData', () => {
      const text = files.readTextSync(posix.resolve(cwd, file))
      return readSeries(text, metrics)
    })
    const db = openTsdb(
      { dir: `${outDir}/storage`, retentionMs: 0 },
      { files, clock, random, log: SILENT, pid },
    )
    const started = clock.monotonic()
    const total = stage('ingestScrapes', () => {
      const refs = Uint32Array.from(series, (labels) => db.head.resolve(labels))
      const { batch } = db.head
      let count = 0
      // Compat: whole rounds of a hundred.
      const rounds = Math.ceil(scrapes / SCRAPES_PER_ROUND) * SCRAPES_PER_ROUND
      for (let scrape = 1; scrape <= rounds; scrape++) {
        batch.reserve(refs.length)
        batch.refs.set(refs)
        batch.values.fill(FIRST_VALUE + STEP * scrape, 0, refs.length)
        db.head.appendColumns(refs.length, scrape * INTERVAL_MS)
        count += refs.length
      }
      stdout.write('ingestion completed\n')
      return count
    })
    const seconds = (clock.monotonic() - started) / 1000
    stdout.write(` > total samples: ${total}\n`)
    stdout.write(` > samples/sec: ${printFloat(total / seconds)}\n`)
    stage('stopStorage', () => db.close())
    return EXIT_OK
  } catch (err) {
    const isKnown = err instanceof StorageError || (err as { code?: unknown }).code !== undefined
    if (!isKnown) throw err
    stderr.write(`${describeReadError(err, file)}\n`)
    return EXIT_FAILURE
  }
}

/** Up to `max` label sets, one `{"name":"value",...}` per line, each once. */
function readSeries(text: string, max: number): Labels[] {
  const found = new Map<string, Labels>()
  for (const line of text.split('\n')) {
    if (found.size >= max) break
    if (line.trim() === '') continue
    const pairs = line
      .replace(/["{}]/g, '')
      .split(',')
      .map((pair) => pair.split(':'))
    const labels = Labels.from(pairs.map(([name = '', value = '']) => [name, value] as const))
    found.set(labels.key(), labels)
  }
  return [...found.values()]
}
