import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpAnswer, HttpRequest } from '@prom/http'
import { Labels } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { openTsdb, type Tsdb } from '@prom/tsdb'
import { loadYaml } from '@prom/yaml'
import { remoteWriteConfig } from '../remote-write-config.ts'
import { readRequest, type SentRow } from '../testing/read-requests.ts'
import { planWrites } from './write-plan.ts'
import { WriteStorage } from './write-storage.ts'

let dir: string
const files = createFiles()
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'remote-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A storage being written, a sender that follows its log, and a receiver that answers as it is told. */
class Bench {
  readonly dir = mkdtempSync(join(dir, 'bench-'))
  readonly clock = new FakeClock()
  readonly log = recordLog()
  readonly db: Tsdb
  readonly requests: HttpRequest[] = []
  readonly taken: SentRow[] = []
  readonly metadata: string[] = []
  readonly storage: WriteStorage
  answer: () => Partial<HttpAnswer> | Error = () => ({ status: 204 })
  /** How long an answer takes. */
  delayMs = 0

  constructor(outOfOrderWindowMs = 0) {
    const { clock, log } = this
    const random = seededRandom(3)
    this.db = openTsdb(
      { dir: this.dir, memoryBytes: 96 << 20, outOfOrderWindowMs },
      { files, clock, random, log },
    )
    this.storage = new WriteStorage({
      ...{ clock, files, log, env: {} },
      createClient: () => ({
        request: async (request) => this.#serve(request),
        close: async () => {},
      }),
    })
  }

  async #serve(request: HttpRequest): Promise<HttpAnswer> {
    this.requests.push(request)
    if (this.delayMs > 0) await this.clock.sleep(this.delayMs)
    const answer = this.answer()
    if (answer instanceof Error) throw answer
    const { rows, metadata } = readRequest(request.body as Uint8Array)
    if ((answer.status ?? 0) < 300) {
      this.taken.push(...rows)
      this.metadata.push(...metadata)
    }
    const isVersion2 = request.headers?.['X-Prometheus-Remote-Write-Version'] === '2.0.0'
    const written = { 'x-prometheus-remote-write-samples-written': String(rows.length) }
    return {
      status: answer.status ?? 204,
      headers: answer.headers ?? (isVersion2 ? written : {}),
      body: answer.body ?? new Uint8Array(),
    }
  }

  apply(yaml: string, external: Record<string, string> = {}): Promise<void> {
    const loaded = loadYaml(yaml, remoteWriteConfig, 'test.yml')
    if ('errors' in loaded) throw new Error(loaded.message)
    const plans = planWrites([loaded.value], new Map(Object.entries(external)))
    const options = { walDir: `${this.dir}/wal`, flushDeadlineMs: 60_000 }
    return this.storage.apply(plans, options)
  }

  /** One sample per name, a second after the last. */
  append(value: number | 'stale', ...names: readonly string[]): void {
    const appender = this.db.appender()
    for (const name of names) {
      const labels = Labels.from({ __name__: name, job: 'j' })
      if (value === 'stale') appender.appendStale(0, labels, this.clock.now())
      else appender.append(0, labels, this.clock.now(), value)
    }
    appender.commit()
  }

  async metric(name: string): Promise<number> {
    const family = (await this.storage.metrics()).find((one) => one.name.endsWith(name))
    return (family?.points ?? []).reduce((sum, { value }) => sum + Number(value), 0)
  }

  async close(): Promise<void> {
    const closing = this.storage.close()
    await this.clock.advance(70_000)
    await closing
    this.db.close()
  }
}

const ENTRY = 'url: http://u:p@receiver/write\nname: q\n'

test('samples stored after the start arrive once, in order, with external labels', async () => {
  for (const version of ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request']) {
    const bench = new Bench()
    bench.append(1, 'before')
    await bench.clock.advance(1000)
    await bench.apply(`${ENTRY}protobuf_message: ${version}\n`, { dc: 'x', job: 'not taken' })
    for (let i = 0; i < 3; i++) {
      await bench.clock.advance(1000)
      bench.append(i === 2 ? 'stale' : i - 0.5, 'a', 'before')
    }
    await bench.clock.advance(6000)
    const start = bench.clock.now() - 8000
    const expected = [-0.5, 0.5, 'stale'].flatMap((value, i) =>
      ['a', 'before'].map((name) => [`__name__=${name},dc=x,job=j`, start + i * 1000, value]),
    )
    expect(bench.taken).toEqual(expected)
    expect(await bench.metric('storage_samples_total')).toBe(6)
    expect(await bench.metric('samples_pending')).toBe(0)
    await bench.close()
  }
})

test('samples that come late but in time for storage are sent, once, and after their series', async () => {
  const bench = new Bench(600_000)
  await bench.clock.advance(1000)
  await bench.apply(ENTRY)
  const start = bench.clock.now()
  const late = (name: string, agoMs: number, value: number) => {
    const appender = bench.db.appender()
    const labels = Labels.from({ __name__: name })
    appender.append(0, labels, bench.clock.now() - agoMs, value)
    appender.commit()
  }
  await bench.clock.advance(60_000)
  bench.append(1, 'a')
  late('a', 0, 2)
  late('a', 30_000, 3)
  late('a', 300_000, 4) // From before the start: not for us.
  late('b', 0, 5)
  late('b', 20_000, 6)
  await bench.clock.advance(20_000)
  late('b', 50_000, 7)
  await bench.clock.advance(20_000)
  const end = start + 60_000
  expect(bench.taken.filter(([, , value]) => value !== 1)).toEqual([
    ['__name__=a', end, 2],
    ['__name__=b', end, 5],
    ['__name__=a', end - 30_000, 3],
    ['__name__=b', end - 20_000, 6],
    ['__name__=b', end - 30_000, 7],
  ])
  await bench.close()
})

test('while the receiver is away nothing is lost or doubled, and memory is bounded by the capacity', async () => {
  const bench = new Bench()
  await bench.apply(`${ENTRY}queue_config: {capacity: 20, max_samples_per_send: 10}\n`)
  bench.answer = () => ({ status: 503, body: Buffer.from('away') })
  const names = Array.from({ length: 7 }, (_, i) => `m${i}`)
  for (let second = 0; second < 120; second++) {
    await bench.clock.advance(1000)
    bench.append(second, ...names)
  }
  expect(bench.taken).toEqual([])
  expect(await bench.metric('samples_pending')).toBeLessThanOrEqual(45)
  expect(await bench.metric('samples_retried_total')).toBeGreaterThan(20)
  expect(bench.log.lines.some(({ message }) => message === 'Failed to send batch, retrying')).toBe(
    true,
  )
  bench.answer = () => ({ status: 204 })
  await bench.clock.advance(60_000)
  expect(bench.taken).toHaveLength(120 * 7)
  expect(new Set(bench.taken.map(([labels, time]) => `${labels}@${time}`)).size).toBe(120 * 7)
  await bench.close()
})

test('retries back off, obey Retry-After and are numbered', async () => {
  const bench = new Bench()
  await bench.apply(`${ENTRY}queue_config: {retry_on_http_429: true, batch_send_deadline: 1s}\n`)
  await bench.clock.advance(100)
  const times: number[] = []
  bench.answer = () => {
    times.push(bench.clock.now())
    if (times.length === 4) return { status: 429, headers: { 'retry-after': '7' } }
    return times.length < 4 ? new Error('dial tcp: connection refused') : { status: 200 }
  }
  bench.append(1, 'a')
  await bench.clock.advance(20_000)
  const gaps = times.slice(1).map((time, i) => time - (times[i] as number))
  expect(gaps).toEqual([30, 60, 120, 7000])
  const attempts = bench.requests.map(({ headers }) => headers?.['Retry-Attempt'])
  expect(attempts).toEqual([undefined, '1', '2', '3', '4'])
  expect(bench.taken).toHaveLength(1)
  await bench.close()
})

test('a refused batch is counted and left, without a second try', async () => {
  const bench = new Bench()
  await bench.apply(`${ENTRY}queue_config: {batch_send_deadline: 1s}\n`)
  await bench.clock.advance(100)
  bench.answer = () => ({ status: 429, body: Buffer.from('too many\n') })
  bench.append(1, 'a', 'b')
  await bench.clock.advance(5000)
  expect(bench.requests).toHaveLength(1)
  expect(await bench.metric('samples_failed_total')).toBe(2)
  const line = bench.log.lines.find(({ message }) => message === 'non-recoverable error')
  expect(line?.fields).toMatchObject({
    err: 'server returned HTTP status 429 Too Many Requests: too many\n',
    failedSampleCount: 2,
    url: 'http://u:xxxxx@receiver/write',
  })
  await bench.close()
})

test('a version 2 receiver that confirms nothing has failed; one that confirms a part has taken it', async () => {
  const bench = new Bench()
  await bench.apply(
    `${ENTRY}protobuf_message: io.prometheus.write.v2.Request\nqueue_config: {batch_send_deadline: 1s}\n`,
  )
  bench.answer = () => ({ status: 204, headers: { date: 'x' } })
  await bench.clock.advance(100)
  bench.append(1, 'a', 'b')
  await bench.clock.advance(3000)
  expect(await bench.metric('samples_failed_total')).toBe(2)
  bench.answer = () => ({
    status: 400,
    headers: { 'x-prometheus-remote-write-samples-written': '1' },
  })
  bench.append(2, 'a', 'b')
  await bench.clock.advance(3000)
  expect(await bench.metric('samples_failed_total')).toBe(3)
  await bench.close()
})

test('relabelling drops and renames; what is dropped is counted by its reason', async () => {
  const bench = new Bench()
  await bench.apply(
    `${ENTRY}write_relabel_configs:
- {source_labels: [__name__], regex: drop.*, action: drop}
- {target_label: job, replacement: other}
queue_config: {batch_send_deadline: 1s, sample_age_limit: 10s}
`,
  )
  await bench.clock.advance(100)
  bench.append(1, 'a', 'drop_me')
  await bench.clock.advance(3000)
  expect(bench.taken.map(([labels]) => labels)).toEqual(['__name__=a,job=other'])
  bench.answer = () => ({ status: 500 })
  bench.append(2, 'a')
  await bench.clock.advance(30_000)
  bench.answer = () => ({ status: 200 })
  bench.append(3, 'a')
  await bench.clock.advance(10_000)
  expect(bench.taken.map(([, , value]) => value)).toEqual([1, 3])
  const dropped = (await bench.storage.metrics()).find(({ name }) =>
    name.endsWith('samples_dropped_total'),
  )
  const reasons = dropped?.points.map(({ labels, value }) => [labels[1], value])
  expect(reasons).toEqual([
    ['dropped_series', 1],
    ['too_old', 1],
  ])
  await bench.close()
})

test('a reload that leaves an entry alone leaves its queue alone', async () => {
  const bench = new Bench()
  const entry = `${ENTRY}queue_config: {batch_send_deadline: 1s}\n`
  await bench.apply(entry)
  await bench.clock.advance(100)
  bench.answer = () => ({ status: 500 })
  bench.append(1, 'a')
  await bench.clock.advance(5000)
  await bench.apply(entry)
  bench.answer = () => ({ status: 200 })
  await bench.clock.advance(10_000)
  expect(bench.taken).toHaveLength(1)
  await bench.close()
})

test('a stop sends the rest of the log; at the deadline what is left is counted as failed', async () => {
  for (const isTaken of [true, false]) {
    const bench = new Bench()
    await bench.apply(ENTRY)
    await bench.clock.advance(100)
    if (!isTaken) bench.answer = () => ({ status: 500 })
    bench.append(1, 'a', 'b')
    await bench.close()
    expect(bench.taken).toHaveLength(isTaken ? 2 : 0)
    const isFailed = bench.log.lines.some(({ message }) => message === 'non-recoverable error')
    expect(isFailed).toBe(!isTaken)
  }
})

test('metadata goes in requests of its own', async () => {
  const bench = new Bench()
  await bench.apply(`${ENTRY}metadata_config: {max_samples_per_send: 2}\n`)
  const row = (metric: string, type: string) => ({ metric, type, help: 'H.', unit: 'u' })
  await bench.storage.sendMetadata(['q'], [row('a', 'counter'), row('b', 'gauge'), row('c', 'x')])
  expect(bench.requests).toHaveLength(2)
  expect(bench.metadata).toEqual(['1 a H. u', '2 b H. u', 'c H. u'])
  expect(await bench.metric('storage_metadata_total')).toBe(3)
  await bench.close()
})

test('segments of the log are followed one after the other', async () => {
  const bench = new Bench()
  bench.db.close()
  const { clock, log } = bench
  const db = openTsdb(
    { dir: bench.dir, memoryBytes: 96 << 20, walSegmentBytes: 65_536, walCompression: 'none' },
    { files, clock, random: seededRandom(3), log },
  )
  await bench.apply(`${ENTRY}queue_config: {batch_send_deadline: 1s}\n`)
  const labels = Array.from({ length: 500 }, (_, i) => Labels.from({ __name__: `long_name_${i}` }))
  for (let second = 0; second < 60; second++) {
    await clock.advance(1000)
    const appender = db.appender()
    for (const one of labels) appender.append(0, one, clock.now(), second)
    appender.commit()
  }
  await clock.advance(10_000)
  expect(bench.taken).toHaveLength(60 * 500)
  expect(await bench.metric('watcher_current_segment')).toBeGreaterThan(3)
  db.close()
  await bench.close().catch(() => {})
})

test('a slow receiver gets more shards, within the limits, and still every sample once and in order', async () => {
  const bench = new Bench()
  bench.delayMs = 400
  await bench.apply(
    `${ENTRY}queue_config: {capacity: 100, max_samples_per_send: 10, max_shards: 5, batch_send_deadline: 1s}\n`,
  )
  const names = Array.from({ length: 80 }, (_, i) => `m${i}`)
  let most = 0
  for (let second = 0; second < 90; second++) {
    await bench.clock.advance(1000)
    bench.append(second, ...names)
    most = Math.max(most, await bench.metric('storage_shards'))
  }
  expect(most).toBeGreaterThan(2)
  expect(most).toBeLessThanOrEqual(5)
  await bench.clock.advance(60_000)
  expect(bench.taken).toHaveLength(90 * 80)
  for (const name of ['m0', 'm79']) {
    const values = bench.taken.filter(([labels]) => labels === `__name__=${name},job=j`)
    expect(values.map(([, , value]) => value)).toEqual(Array.from({ length: 90 }, (_, i) => i))
  }
  await bench.close()
})
