/** The fixture bodies, scraped for real but for the network: same verdict, same text, same series as the original. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels, Matcher } from '@prom/labels'
import { Registry } from '@prom/metrics'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb } from '@prom/tsdb'
import { BodyMemory } from './body-memory.ts'
import type { PoolOptions, TargetPlan } from './contract.ts'
import { placeBody } from './fetch/scrape-body.ts'
import { DEFAULT_SCRAPE_PROTOCOLS } from './index.ts'
import { ScrapeMetrics } from './scrape-metrics.ts'
import { ScrapeStore } from './scrape-store.ts'

interface Case {
  readonly case: string
  readonly scrape_config?: readonly string[]
  readonly content_type: string | null
  readonly body?: string
  readonly body_base64?: string
  readonly ok: boolean
  readonly error?: string
  readonly series: readonly {
    readonly labels: Record<string, string>
    readonly samples?: readonly (readonly [string | number, string])[]
    readonly histogram?: unknown
  }[]
  readonly metadata?: readonly { metric: string; type: string; help: string; unit: string }[]
}

const shared = process.env.SHARED_DIR ?? join(__dirname, '../../../..', 'shared')
const cases: Case[] = readFileSync(join(shared, 'fixtures/exposition/parse-cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const NOW = 1_795_000_000_000
/** The original ran with a window that took any time; ours takes samples of the last days. */
const files = createFiles()
const REPORT = /^(up|scrape_.*)$/

function options(lines: readonly string[] = []): PoolOptions {
  const has = (line: string) => lines.includes(line)
  return {
    honorLabels: false,
    honorTimestamps: true,
    trackTimestampsStaleness: false,
    protocols: DEFAULT_SCRAPE_PROTOCOLS,
    fallbackProtocol: undefined,
    hasCompression: true,
    nameValidation: has('metric_name_validation_scheme: legacy') ? 'legacy' : 'utf8',
    nameEscaping: 'allow-utf-8',
    bodySizeMax: 0,
    samplesMax: 0,
    labelsMax: 0,
    labelNameLengthMax: 0,
    labelValueLengthMax: 0,
    metricRelabelRules: [],
    scrapeNativeHistograms: true,
    alwaysScrapeClassicHistograms: has('always_scrape_classic_histograms: true'),
    convertClassicHistograms: has('convert_classic_histograms_to_nhcb: true'),
    nativeBucketsMax: 0,
    nativeFactorMin: 0,
    hasExtraMetrics: false,
    httpClient: {},
    isPlainHttp: true,
  }
}

function run(one: Case) {
  const dir = mkdtempSync(join(tmpdir(), 'store-'))
  const clock = new FakeClock(NOW)
  const log = recordLog()
  const random = seededRandom(1)
  const db = openTsdb(
    { dir, memoryBytes: 96 << 20, outOfOrderWindowMs: 100 * 365 * 86_400_000 },
    { files, clock, random, log },
  )
  const memory = new BodyMemory(random.bytes(16))
  const plan: TargetPlan = {
    key: 'k',
    labels: ['instance', '127.0.0.1:23875', 'job', one.case],
    discoveredLabels: [],
    url: 'http://127.0.0.1:23875/',
    globalUrl: '',
    intervalMs: 1000,
    timeoutMs: 1000,
  }
  const metrics = new ScrapeMetrics(new Registry(), clock)
  const store = new ScrapeStore(plan, options(one.scrape_config), [], {
    memory,
    head: db.head,
    metrics,
    log,
  })
  const bytes =
    one.body === undefined
      ? Buffer.from(one.body_base64 as string, 'base64')
      : Buffer.from(one.body as string)
  const body = placeBody(memory, bytes, one.content_type ?? undefined)
  const error = store.store({ body }, NOW, 0.01)
  const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 0 }, { files })
  const querier = reader.querier(-Infinity, Infinity)
  const range = { mint: -Infinity, maxt: Infinity }
  const set = querier.select([new Matcher('!~', '__name__', REPORT.source.slice(1, -1))], range)
  const stored: Record<string, [string | number, number][]> = {}
  for (let i = 0; i < set.length; i++) {
    const { times, values, start, end } = set.samples(i)
    const key = set
      .labels(i)
      .without(new Set(['job', 'instance']))
      .toString()
    stored[key] = Array.from({ length: end - start }, (_, k) => {
      const time = times[start + k] as number
      return [time === NOW ? 'scrape' : time, values[start + k] as number]
    })
    set.release()
  }
  querier.close()
  reader.close()
  db.close()
  rmSync(dir, { recursive: true, force: true })
  return { error: error?.message, stored, metadata: [...store.metadata] }
}

const number = (text: string) =>
  text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)

/** One error names the port the original was scraped at. */
const names = new Map<string, number>()
const unique = (name: string) => {
  const count = (names.get(name) ?? 0) + 1
  names.set(name, count)
  return count === 1 ? name : `${name} #${count}`
}

test.each(cases.map((one) => [unique(one.case), one] as const))('%s', (_, one) => {
  const { error, stored, metadata } = run(one)
  expect(error).toBe(one.error)
  if (!one.ok) {
    expect(stored).toEqual({})
    return
  }
  const expected = Object.fromEntries(
    one.series.map(({ labels, samples }) => [
      Labels.from(labels).toString(),
      samples?.map(([time, value]) => [time, number(value)]),
    ]),
  )
  expect(stored).toEqual(expected)
  for (const { metric, ...facts } of one.metadata ?? []) {
    expect([metric, metadata.find(([name]) => name === metric)?.[1]]).toEqual([metric, facts])
  }
})
