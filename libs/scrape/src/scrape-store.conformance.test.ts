/** The fixture bodies, scraped for real but for the network: same verdict, same text, same series as the original. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FloatHistogram, listBuckets } from '@prom/histogram'
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
    readonly histogram?: {
      readonly t: string | number
      readonly kind: string
      readonly reset_hint: string
      readonly schema: number
      readonly zero_threshold: number
      readonly zero_count: number
      readonly count: number
      readonly sum: string
      readonly positive: readonly (readonly [number, number])[]
      readonly negative: readonly (readonly [number, number])[]
    }
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
    takesStartTimes: false,
    addsTypeAndUnit: false,
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
    failureLogFile: '',
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
    appender: () => db.appender(),
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
  const stored: Record<string, unknown> = {}
  for (let i = 0; i < set.length; i++) {
    const { times, values, histograms, start, end } = set.samples(i)
    const key = set
      .labels(i)
      .without(new Set(['job', 'instance']))
      .toString()
    stored[key] = Array.from({ length: end - start }, (_, k) => {
      const time = times[start + k] as number
      const histogram = histograms?.[start + k]
      const value = histogram ? printHistogram(histogram) : values[start + k]
      return [time === NOW ? 'scrape' : time, value]
    })
    set.release()
  }
  querier.close()
  reader.close()
  db.close()
  rmSync(dir, { recursive: true, force: true })
  return { error: error?.message, stored, metadata: [...store.metadata] }
}

/** What can be compared of a histogram once it has been stored: queries see all of them as float ones. */
function printHistogram(h: FloatHistogram): unknown {
  const list = (spans: FloatHistogram['positiveSpans'], counts: readonly number[]) => {
    const { indices } = listBuckets(spans, counts)
    return indices.map((index, i) => [index, counts[i]])
  }
  return {
    schema: h.schema,
    zero_threshold: h.zeroThreshold,
    zero_count: h.zeroCount,
    count: h.count,
    sum: h.sum,
    positive: list(h.positiveSpans, h.positiveBuckets),
    negative: list(h.negativeSpans, h.negativeBuckets),
  }
}

function wantedHistogram(h: NonNullable<Case['series'][number]['histogram']>): unknown {
  const { schema, zero_threshold, zero_count, count, sum, positive, negative } = h
  return { schema, zero_threshold, zero_count, count, sum: number(sum), positive, negative }
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

/** Written by 3.5, which kept such schemas; from 3.12 on they are reduced, and so do we. */
const REDUCED = 'p-native-schema10'

test.each(cases.map((one) => [unique(one.case), one] as const))('%s', (_, one) => {
  const { error, stored, metadata } = run(one)
  expect(error).toBe(one.error)
  if (!one.ok) {
    expect(stored).toEqual({})
    return
  }
  const expected = Object.fromEntries(
    one.series.map(({ labels, samples, histogram }) => [
      Labels.from(labels).toString(),
      histogram
        ? [[histogram.t, wantedHistogram(histogram)]]
        : samples?.map(([time, value]) => [time, number(value)]),
    ]),
  )
  if (one.case === REDUCED) {
    expect(stored).toMatchObject({ '{__name__="n"}': [['scrape', { schema: 8, count: 15 }]] })
    return
  }
  expect(stored).toEqual(expected)
  for (const { metric, ...facts } of one.metadata ?? []) {
    expect([metric, metadata.find(([name]) => name === metric)?.[1]]).toEqual([metric, facts])
  }
})
