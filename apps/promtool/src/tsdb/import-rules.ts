/** `promtool tsdb create-blocks-from rules`: what recording rules would have recorded. */
import { posix } from 'node:path'
import { Labels, METRIC_NAME } from '@prom/labels'
import { parseExpr, printExpr } from '@prom/promql-syntax'
import { groupOffsetNs, parseRuleFile, type RuleConfig, type RuleGroupConfig } from '@prom/rules'
import { createLogger, type Logger } from '@prom/runtime'
import { ImportBlock, StorageError } from '@prom/tsdb'
import { type Context, EXIT_FAILURE, EXIT_OK, promqlOptions } from '../context.ts'
import { readTime } from '../kinds.ts'
import { Progress } from '../progress.ts'
import { type ApiClient, openApi } from '../query/api-client.ts'
import { decodeText } from '../read-error.ts'
import { blockRange } from './block-ranges.ts'
import { ImportSeries } from './import-series.ts'

const DELAY_MS = 3 * 3600 * 1000
const COMMIT_ROWS = 5000

export interface ImportRulesValues {
  readonly files: readonly string[]
  readonly url: string
  readonly httpConfigFile: string | undefined
  readonly start: string
  readonly end: string | undefined
  readonly outputDir: string
  readonly evalIntervalMs: number
}

interface Job {
  readonly group: RuleGroupConfig
  readonly file: string
  readonly intervalMs: number
}

export async function importRules(values: ImportRulesValues, context: Context): Promise<number> {
  const { host } = context
  const { stderr } = host
  const fail = (text: string) => {
    stderr.write(`${text}\n`)
    return EXIT_FAILURE
  }
  const range = readRange(values, host.clock.now())
  if ('error' in range) return fail(range.error)
  const log = createLogger(
    { level: 'info', format: 'logfmt', source: 'rules.ts' },
    (line) => stderr.write(line),
    host.clock,
  ).with({ component: 'backfiller' })
  let api: ApiClient | undefined
  try {
    api = await openApi({ server: values.url, httpConfigFile: values.httpConfigFile }, context)
    log.info('new rule importer', {
      start: printRfc822(range.startMs),
      end: printRfc822(range.endMs),
    })
    const jobs = readJobs(values, context)
    if ('errors' in jobs) {
      for (const error of jobs.errors) stderr.write(`rule importer parse error: ${error}\n`)
      return EXIT_FAILURE
    }
    const importer = new RuleImporter(values, range, { api, log, context })
    const errors = await importer.run(jobs)
    for (const error of errors) stderr.write(`rule importer error: ${error}\n`)
    return errors.length > 0 ? fail('error importing rules') : EXIT_OK
  } catch (err) {
    return fail(`new api client error: ${(err as Error).message}`)
  } finally {
    await api?.close()
  }
}

interface Range {
  readonly startMs: number
  readonly endMs: number
}

function readRange(
  { start, end }: ImportRulesValues,
  nowMs: number,
): Range | { readonly error: string } {
  let name = 'end'
  try {
    const endMs = end ? readTime(end) : nowMs - DELAY_MS
    name = 'start'
    const startMs = readTime(start)
    return startMs < endMs ? { startMs, endMs } : { error: 'start time is not before end time' }
  } catch (err) {
    return { error: `error parsing ${name} time: ${(err as Error).message}` }
  }
}

function readJobs(
  { files, evalIntervalMs }: ImportRulesValues,
  context: Context,
): readonly Job[] | { readonly errors: readonly string[] } {
  const { host } = context
  const jobs: Job[] = []
  const errors: string[] = []
  for (const file of files) {
    const text = decodeText(host.files.readSync(posix.resolve(host.cwd, file)))
    const parsed = parseRuleFile(text, file, { promql: promqlOptions(context) })
    if ('errors' in parsed) errors.push(...parsed.errors.map((error) => `${file}: ${error.text}`))
    else {
      for (const group of parsed.file.groups) {
        jobs.push({ group, file, intervalMs: group.intervalMs || evalIntervalMs })
      }
    }
  }
  return errors.length > 0 ? { errors } : jobs
}

interface Deps {
  readonly api: ApiClient
  readonly log: Logger
  readonly context: Context
}

class RuleImporter {
  readonly #range: Range
  readonly #deps: Deps
  readonly #dir: string
  readonly #progress: Progress

  constructor({ outputDir }: ImportRulesValues, range: Range, deps: Deps) {
    this.#range = range
    this.#deps = deps
    this.#dir = posix.resolve(deps.context.host.cwd, outputDir)
    this.#progress = new Progress('Backfilling', deps.context.host)
  }

  /** Returns what went wrong, rule by rule; a rule that failed does not stop the next. */
  async run(jobs: readonly Job[]): Promise<string[]> {
    const { log } = this.#deps
    const errors: string[] = []
    const total = jobs.reduce((sum, { group }) => sum + group.rules.length, 0)
    let done = 0
    for (const job of jobs) {
      log.info('processing group', { name: `${job.file};${job.group.name}` })
      for (const [id, rule] of job.group.rules.entries()) {
        if (rule.record !== '') {
          log.info('processing rule', { id, name: rule.record })
          try {
            await this.#import(rule, job)
          } catch (err) {
            errors.push((err as Error).message)
          }
        }
        this.#progress.show(++done / total)
        this.#progress.end()
      }
    }
    return errors
  }

  async #import(rule: RuleConfig, job: Job): Promise<void> {
    const { api, log, context } = this.#deps
    const blockMs = blockRange(0)
    const startSeconds = Math.floor(this.#range.startMs / 1000)
    const endSeconds = Math.floor(this.#range.endMs / 1000)
    const query = printExpr(parseExpr(rule.expr, promqlOptions(context)))
    const first = blockMs * Math.trunc((startSeconds * 1000) / blockMs)
    for (let from = first; from <= endSeconds * 1000; from += blockMs) {
      const start = firstSlot(Math.max(from / 1000, startSeconds), job)
      const end = Math.min(Math.floor((from + blockMs - 1) / 1000), endSeconds)
      // The original ends here, and loses what comes after a first block that is too short.
      if (end <= start) continue
      const { data, warnings } = await api
        .ask('/api/v1/query_range', [
          ['query', query],
          ['start', String(start)],
          ['end', String(end)],
          ['step', String(job.intervalMs / 1000)],
        ])
        .catch((err: Error) => {
          throw new Error(`query range: ${err.message}`)
        })
      if (warnings.length > 0) {
        log.warn('Range query returned warnings.', { warnings: `[${warnings.join(' ')}]` })
      }
      this.#write(data as RangeData, rule, job.group, blockMs)
    }
  }

  #write(
    { resultType, result }: RangeData,
    rule: RuleConfig,
    group: RuleGroupConfig,
    blockMs: number,
  ): void {
    if (resultType !== 'matrix') throw new Error(`rule result is wrong type ${resultType}`)
    const block = new ImportBlock(COMMIT_ROWS)
    const series = new ImportSeries([])
    for (const { metric, values = [] } of result) {
      const own = Object.entries(metric)
      const labels = [...own, ...group.labels, ...rule.labels, [METRIC_NAME, rule.record] as const]
      const ref = series.addLabels(Labels.from(labels))
      for (const [seconds, value] of values) {
        block.append(ref, Math.round(seconds * 1000), readValue(value))
      }
    }
    const { files, clock, random } = this.#deps.context.host
    files.mkdirSync(this.#dir)
    const options = {
      dir: this.#dir,
      rangeMs: blockMs,
      labels: series.labels,
      ranks: series.ranks(),
    }
    try {
      block.write(options, { files, clock, random })
    } catch (err) {
      if (!(err instanceof StorageError)) throw err
      throw new Error(`add: add sample: ${err.message}`)
    }
  }
}

interface RangeData {
  readonly resultType: string
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>
    readonly values?: readonly (readonly [number, string])[]
  }[]
}

/** Seconds of the first evaluation of the group that is not before `fromSeconds`, whole seconds compared. */
function firstSlot(fromSeconds: number, { file, group, intervalMs }: Job): number {
  const intervalNs = BigInt(intervalMs) * 1_000_000n
  const fromNs = BigInt(fromSeconds) * 1_000_000_000n
  const offsetNs = groupOffsetNs(file, group.name, intervalMs)
  let slotNs = fromNs - ((fromNs - offsetNs) % intervalNs)
  while (slotNs / 1_000_000_000n < BigInt(fromSeconds)) slotNs += intervalNs
  return Number(slotNs / 1_000_000_000n) + Number(slotNs % 1_000_000_000n) / 1e9
}

const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Infinity,
  '-Inf': -Infinity,
}
const readValue = (text: string) => SPECIAL[text] ?? Number(text)

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** `20 Nov 26 15:59 UTC`. */
function printRfc822(ms: number): string {
  const date = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${two(date.getUTCFullYear() % 100)}`
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`
}
