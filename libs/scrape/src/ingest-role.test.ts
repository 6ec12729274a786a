import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Matcher } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb, type Tsdb } from '@prom/tsdb'
import { DEFAULT_SCRAPE_PROTOCOLS, type PoolOptions, type PoolPlan } from './index.ts'
import { IngestRole } from './ingest-role.ts'

const START = 1_700_000_000_000
const STALE_HIGH = 0x7ff00000

const OPTIONS: PoolOptions = {
  honorLabels: false,
  honorTimestamps: true,
  takesStartTimes: false,
  addsTypeAndUnit: false,
  trackTimestampsStaleness: false,
  protocols: DEFAULT_SCRAPE_PROTOCOLS,
  fallbackProtocol: undefined,
  hasCompression: true,
  nameValidation: 'utf8',
  nameEscaping: 'allow-utf-8',
  bodySizeMax: 0,
  samplesMax: 0,
  labelsMax: 0,
  labelNameLengthMax: 0,
  labelValueLengthMax: 0,
  metricRelabelRules: [],
  scrapeNativeHistograms: false,
  alwaysScrapeClassicHistograms: false,
  convertClassicHistograms: false,
  nativeBucketsMax: 0,
  nativeFactorMin: 0,
  hasExtraMetrics: false,
  failureLogFile: '',
  httpClient: {},
  isPlainHttp: true,
}

/** What the target answers next: whole response bytes, or nothing at all (it hangs). */
type Answer = Buffer | 'hang' | 'close'

const raw = (response: string) => Buffer.from(response)

const text = (body: string, extra = '') =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`,
  )

class Target {
  answer: Answer = text('')
  requests: string[] = []
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor() {
    this.#server = createServer((socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
      socket.on('data', (data) => {
        this.requests.push(data.toString())
        if (this.answer === 'close') socket.destroy()
        else if (this.answer !== 'hang') socket.write(this.answer)
      })
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as { port: number }).port
  }

  /** Closes all connections. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.drop()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const files = createFiles()
let dir: string
let target: Target
let port: number
let db: Tsdb
let clock: FakeClock
let role: IngestRole

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ingest-'))
  target = new Target()
  port = await target.listen()
  clock = new FakeClock(START)
  const random = seededRandom(3)
  const log = recordLog()
  db = openTsdb({ dir, memoryBytes: 96 << 20 }, { files, clock, random, log })
  role = new IngestRole({
    clock,
    files,
    net: { connect: (options) => connect(options), createServer: (on) => createServer(on) },
    random,
    log,
    db,
    version: '1.2.3',
    offsetSeed: 0,
    toleranceMs: 2,
    tickMs: 60_000,
    createClient: () => {
      throw new Error('no client here')
    },
  })
})

afterEach(async () => {
  await role.close()
  await target.close()
  rmSync(dir, { recursive: true, force: true })
})

const pool = (options: Partial<PoolOptions> = {}, change: object = {}): PoolPlan => ({
  name: 'test',
  options: { ...OPTIONS, ...options },
  targets: [
    {
      key: 'a',
      labels: ['instance', 'i', 'job', 'test'],
      discoveredLabels: ['__address__', `127.0.0.1:${port}`],
      url: `http://127.0.0.1:${port}/metrics?x=1`,
      globalUrl: `http://host:${port}/metrics?x=1`,
      intervalMs: 10_000,
      timeoutMs: 5_000,
      ...change,
    },
  ],
})

/** Runs until the target has been scraped once more. */
async function scrape(): Promise<void> {
  const before = (await role.targets())[0]?.lastScrapeMs
  await clock.advance(10_000)
  for (let i = 0; i < 2000; i++) {
    if ((await role.targets())[0]?.lastScrapeMs !== before) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('no scrape happened')
}

/** Values per series, oldest first; stale markers as 'stale'. */
function stored(): Record<string, (number | string)[]> {
  const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 0 }, { files })
  const querier = reader.querier(0, Infinity)
  const set = querier.select([new Matcher('!=', '__name__', '')], { mint: 0, maxt: Infinity })
  const all: Record<string, (number | string)[]> = {}
  for (let i = 0; i < set.length; i++) {
    const { values, start, end } = set.samples(i)
    const bits = new Uint32Array(values.buffer, values.byteOffset)
    const name = set
      .labels(i)
      .without(new Set(['instance', 'job']))
      .toString()
    all[name] = Array.from({ length: end - start }, (_, k) =>
      bits[(start + k) * 2 + 1] === STALE_HIGH && bits[(start + k) * 2] === 2
        ? 'stale'
        : (values[start + k] as number),
    )
    set.release()
  }
  querier.close()
  reader.close()
  return all
}

const named = (name: string) => stored()[`{__name__="${name}"}`]

describe('the ingest role', () => {
  test('scrapes a target again and again over one connection', async () => {
    await role.syncPools([pool()], [])
    for (let i = 1; i <= 4; i++) {
      target.answer = text(`# TYPE a counter\na{x="1"} ${i}\nb ${i * 2}\n`)
      await scrape()
    }
    const all = stored()
    expect(all['{__name__="a", x="1"}']).toEqual([1, 2, 3, 4])
    expect(all['{__name__="b"}']).toEqual([2, 4, 6, 8])
    expect(all['{__name__="up"}']).toEqual([1, 1, 1, 1])
    expect(all['{__name__="scrape_samples_scraped"}']).toEqual([2, 2, 2, 2])
    expect(all['{__name__="scrape_samples_post_metric_relabeling"}']).toEqual([2, 2, 2, 2])
    expect(all['{__name__="scrape_series_added"}']).toEqual([2, 0, 0, 0])
    expect(target.connections).toBe(1)
    expect(target.requests[0]).toBe(
      `GET /metrics?x=1 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: Prometheus/1.2.3\r\nAccept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\nAccept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: 5\r\n\r\n`,
    )
    const [status] = await role.targets()
    expect(status).toMatchObject({ pool: 'test', health: 'up', lastError: '' })
    expect(await role.metadata()).toMatchObject([{ metric: 'a', type: 'counter' }])
  })

  test('marks what vanishes as stale, and a failed scrape marks all', async () => {
    await role.syncPools([pool()], [])
    target.answer = text('a 1\nb 1\nc 1\n')
    await scrape()
    target.answer = text('a 2\nc 2\n')
    await scrape()
    target.answer = text('a 3\nbroken\n')
    await scrape()
    await scrape()
    target.answer = text('a 4\nb 4\nc 4\n')
    await scrape()
    expect(named('a')).toEqual([1, 2, 4]) // A failed body that has it keeps it.
    expect(named('b')).toEqual([1, 'stale', 4])
    expect(named('c')).toEqual([1, 2, 'stale', 4])
    expect(named('up')).toEqual([1, 1, 0, 0, 1])
    expect(named('scrape_series_added')).toEqual([3, 0, 0, 0, 1])
  })

  test('a series first seen in a body that fails gets its marker when it is missed', async () => {
    await role.syncPools([pool()], [])
    for (const body of ['a 1\n', 'a 2\nb 2\nbroken\nc 2\n', 'a 3\n', 'a 4\nb 4\n']) {
      target.answer = text(body)
      await scrape()
    }
    expect(named('a')).toEqual([1, 3, 4])
    expect(named('b')).toEqual(['stale', 4])
    expect(named('c')).toBeUndefined()
    expect(named('scrape_samples_scraped')).toEqual([1, 2, 1, 2])
    expect(named('scrape_series_added')).toEqual([1, 1, 0, 1])
  })

  test('type and unit become labels, a start time a zero before the first sample', async () => {
    const now = clock.now()
    const options = { addsTypeAndUnit: true, takesStartTimes: true }
    await role.syncPools([pool(options)], [])
    const lines = `# TYPE a_s counter\n# UNIT a_s s\na_s_total 5\na_s_created ${(now + 1000) / 1000}\n# EOF\n`
    const type = 'Content-Type: application/openmetrics-text'
    target.answer = raw(
      `HTTP/1.1 200 OK\r\n${type}\r\nContent-Length: ${lines.length}\r\n\r\n${lines}`,
    )
    await scrape()
    await scrape()
    expect(stored()['{__name__="a_s_total", __type__="counter", __unit__="s"}']).toEqual([0, 5, 5])
    expect(Object.keys(stored()).some((name) => name.includes('_created'))).toBe(false)
  })

  test('tells why a scrape failed in the words of the original', async () => {
    await role.syncPools([pool()], [])
    const f = async (answer: Answer, error: string) => {
      target.answer = answer
      await scrape()
      expect((await role.targets())[0]).toMatchObject({ health: 'down', lastError: error })
    }
    const url = `http://127.0.0.1:${port}/metrics?x=1`
    await f(text('a\n'), 'expected value after metric, got "\\n" ("INVALID") while parsing: "a\\n"')
    await f(text('a{x="1",x="2"} 1'), 'label name "x" is not unique: invalid sample')
    await f(
      raw('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
      'server returned HTTP status 404 Not Found',
    )
    await f(
      raw('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1\n'),
      'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
    )
    await f(
      raw(
        'HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 4\r\n\r\na 1\n',
      ),
      'received unsupported Content-Type "text/html; charset=utf-8" and no fallback_scrape_protocol specified for target',
    )
    await f(
      raw('nonsense\r\n\r\n'),
      `Get "${url}": net/http: HTTP/1.x transport connection broken: malformed HTTP response "nonsense"`,
    )
    await f('close', `Get "${url}": EOF`)
    expect(named('up')).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  test('failed fetches go to the failure log, failed bodies do not', async () => {
    const failureLogFile = join(dir, 'failures.log')
    await role.syncPools([pool({ failureLogFile })], [])
    target.answer = raw('HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n')
    await scrape()
    target.answer = text('broken\n')
    await scrape()
    const lines = files.readTextSync(failureLogFile).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: 'ERROR',
        msg: 'server returned HTTP status 500 Oops',
        job_name: 'test',
        target: `http://127.0.0.1:${port}/metrics?x=1`,
      },
    ])
  })

  test('reads chunked and compressed bodies', async () => {
    await role.syncPools([pool()], [])
    target.answer = raw(
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na 1\r\n5;x=y\r\n\nb 22\r\n1\r\n\n\r\n0\r\nTrailer: x\r\n\r\n',
    )
    await scrape()
    const packed = gzipSync('a 2\nb 3\n')
    target.answer = Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`,
      ),
      packed,
    ])
    await scrape()
    expect(named('a')).toEqual([1, 2])
    expect(named('b')).toEqual([22, 3])
    expect(target.connections).toBe(1)
  })

  test('bodies of any size are read, and a connection closed meanwhile is opened again', async () => {
    await role.syncPools([pool()], [])
    const sizes = [10, 120_000, 131_000, 140_000, 700_000, 10]
    for (const [i, size] of sizes.entries()) {
      target.answer = text(`# ${'x'.repeat(size)}\na ${i}\n`)
      await scrape()
    }
    expect(named('a')).toEqual([0, 1, 2, 3, 4, 5])
    expect(target.connections).toBe(1)
    target.drop()
    target.answer = text('a 6\n')
    await scrape()
    expect(named('a')).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(named('up')).toEqual([1, 1, 1, 1, 1, 1, 1])
    expect(target.connections).toBe(2)
  })

  test('merges target labels, honours or moves conflicting ones, relabels and drops', async () => {
    target.answer = text('a{job="x",exported_job="y"} 1\nb{instance=""} 2\nc 3\n')
    const rule = {
      sourceLabels: ['__name__'],
      separator: ';',
      targetLabel: '',
      modulus: 0,
      replacement: '$1',
    }
    await role.syncPools(
      [pool({ metricRelabelRules: [{ ...rule, action: 'drop', regex: 'c' }] })],
      [],
    )
    await scrape()
    const keys = Object.keys(stored())
    expect(keys).toContain('{__name__="a", exported_exported_job="x", exported_job="y"}')
    expect(keys).toContain('{__name__="b"}')
    expect(named('c')).toBeUndefined()
    await scrape()
    expect(named('scrape_samples_scraped')).toEqual([3, 3])
    expect(named('scrape_samples_post_metric_relabeling')).toEqual([2, 2])
  })

  test('a limit fails the whole scrape and stores nothing of it', async () => {
    await role.syncPools([pool({ samplesMax: 2 })], [])
    target.answer = text('a 1\nb 1\n')
    await scrape()
    target.answer = text('a 2\nb 2\nd 2\n')
    await scrape()
    expect(named('a')).toEqual([1])
    expect(named('d')).toBeUndefined()
    target.answer = 'close'
    await scrape()
    expect(named('a')).toEqual([1, 'stale'])
    expect(named('scrape_samples_scraped')).toEqual([2, 3, 0])
    const errors = (await role.targets())[0]?.errors.map(({ error }) => error)
    expect(errors?.[0]).toBe('sample limit exceeded')
    const families = await role.metrics()
    const counter = families.find(
      (f) => f.name === 'prometheus_target_scrapes_exceeded_sample_limit_total',
    )
    expect(counter?.points[0]?.value).toBe(1)
  })

  test('a body over its limit fails, compressed or not', async () => {
    await role.syncPools([pool({ bodySizeMax: 100 })], [])
    target.answer = text('# long comment '.padEnd(100, 'x'))
    await scrape()
    expect((await role.targets())[0]?.lastError).toBe('body size limit exceeded')
    const packed = gzipSync('#'.repeat(1_000_000))
    target.answer = Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`,
      ),
      packed,
    ])
    await scrape()
    expect((await role.targets())[0]?.lastError).toBe('body size limit exceeded')
  })

  test('explicit times are kept and get no stale markers', async () => {
    await role.syncPools([pool()], [])
    target.answer = text(`a 1 ${START - 5000}\nb 1\n`)
    await scrape()
    target.answer = text(`a 2 ${START - 4000}\nb 2\n`)
    await scrape()
    target.answer = text('b 3\n')
    await scrape()
    expect(named('a')).toEqual([1, 2])
    expect(named('b')).toEqual([1, 2, 3])
  })

  test('a zero byte where a line starts ends the body, as it does for the original', async () => {
    await role.syncPools([pool()], [])
    target.answer = text('a 1\n\0b 1\nc 1\n')
    await scrape()
    await scrape()
    expect(named('a')).toEqual([1, 1])
    expect(named('c')).toBeUndefined()
    expect(named('up')).toEqual([1, 1])
  })

  test('a removed target becomes stale after two intervals, a kept one goes on', async () => {
    target.answer = text('a 1\n')
    await role.syncPools([pool()], [])
    await scrape()
    await role.syncPools([pool()], [])
    await scrape()
    expect(named('a')).toEqual([1, 1])
    await role.syncPools([{ ...pool(), targets: [] }], [])
    await clock.advance(30_000)
    expect(named('a')).toEqual([1, 1, 'stale'])
    expect(named('up')).toEqual([1, 1, 'stale'])
    expect(await role.targets()).toEqual([])
  })

  test('a target that never answers fails at its timeout', async () => {
    await role.syncPools([pool()], [])
    target.answer = 'hang'
    await clock.advance(10_000)
    for (let i = 0; i < 200 && target.requests.length === 0; i++) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await clock.advance(5_000)
    expect((await role.targets())[0]?.lastError).toBe(
      `Get "http://127.0.0.1:${port}/metrics?x=1": context deadline exceeded`,
    )
  })

  test('rows of rules are stored, refused ones counted', async () => {
    const rows = (time: number, value: number) => ({
      labels: [['__name__', 'r']],
      times: Float64Array.of(time),
      values: Float64Array.of(value),
      isStale: Uint8Array.of(0),
    })
    expect(await role.append(rows(START, 1))).toMatchObject({ appended: 1 })
    expect(await role.append(rows(START - 1, 1))).toMatchObject({ appended: 0, outOfOrder: 1 })
    expect(named('r')).toEqual([1])
  })
})
