/**
 * The same samples in ours and in the original, then generated queries to both: same labels, values to 1e-12, errors,
 * warnings. DIFF_SEED repeats a run, DIFF_QUERIES sets how many.
 */
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { stopAll } from '../harness/processes.ts'
import { originals, ours } from '../harness/programs.ts'
import { generateQuery, type Rng, seededRng } from '../harness/query-grammar.ts'
import { type PushedSeries, type PushedValue, remoteWrite } from '../harness/remote-write.ts'
import { type Answer, type ServerUnderTest, sorted, startServer } from '../harness/server.ts'

const SEED = Number(process.env.DIFF_SEED ?? 20261120)
const QUERIES = Number(process.env.DIFF_QUERIES ?? 1200)
const STEP_MS = 15_000
const STEPS = 480
const BATCH_STEPS = 40
const TOLERANCE = 1e-12

/** Two hours that end at a round minute of a fixed day. */
const END_MS = Date.UTC(2026, 5, 1, 12)
const START_MS = END_MS - (STEPS - 1) * STEP_MS

type Walk = (step: number) => PushedValue | undefined

function makeSeries(rng: Rng): { labels: Record<string, string>; at: Walk }[] {
  const made: { labels: Record<string, string>; at: Walk }[] = []
  const add = (labels: Record<string, string>, at: Walk) => made.push({ labels, at })
  const pods = ['pod-0', 'pod-1', 'pod-2']
  const counter = (mean: number): Walk => {
    let value = 0
    const resetEvery = 50 + Math.floor(rng() * 200)
    return (step) => {
      value = step % resetEvery === resetEvery - 1 ? 0 : value + Math.floor(rng() * mean * 2)
      return value
    }
  }
  for (const pod of pods) {
    for (const code of ['200', '404', '500']) {
      add({ __name__: 'requests_total', pod, code, zone: `z${pod.slice(-1)}` }, counter(20))
    }
    let memory = 1e8
    add({ __name__: 'memory_bytes', pod, zone: 'z0' }, () => {
      memory *= 0.98 + rng() * 0.04
      return memory
    })
    add({ __name__: 'gaps', pod }, (step) =>
      rng() < 0.4 || (step > 100 && step < 160) ? undefined : rng() * 100 - 50,
    )
    // Ends with a stale marker and comes back later under another label.
    const from = Math.floor(rng() * 100)
    for (let life = 0; life < 4; life++) {
      const start = from + life * 100
      add({ __name__: 'churn', pod, life: String(life) }, (step) => {
        if (step < start || step > start + 80) return undefined
        return step === start + 80 ? 'stale' : step
      })
    }
    const buckets = ['0.1', '0.5', '1', '+Inf'].map((le) => ({ le, count: 0 }))
    let count = 0
    add({ __name__: 'latency_count', pod }, () => {
      count = 0
      for (const bucket of buckets) {
        bucket.count += Math.floor(rng() * 5)
        count += bucket.count
      }
      return count
    })
    for (let i = 0; i < buckets.length; i++) {
      add({ __name__: 'latency_bucket', pod, le: buckets[i]?.le ?? '' }, () =>
        buckets.slice(0, i + 1).reduce((sum, bucket) => sum + bucket.count, 0),
      )
    }
    let native = [0, 0, 0, 0, 0]
    add({ __name__: 'native_latency', pod }, (step) => {
      native =
        step % 170 === 169 ? native.map(() => 0) : native.map((n) => n + Math.floor(rng() * 4))
      const sum = native.reduce((total, n, i) => total + n * 2 ** (i - 2), 0)
      return { schema: 0, zero: step % 170, buckets: native, sum }
    })
  }
  const specials = [Number.NaN, Infinity, -Infinity, -0, 5e-324, 1.7e308, 0.1, -1]
  specials.forEach((_, k) => {
    add(
      { __name__: 'special', kind: String(k) },
      (step) => specials[(k + Math.floor(step / 9)) % specials.length],
    )
  })
  add({ __name__: 'utf8.name', 'odd label': 'é', code: '200' }, counter(3))
  return made
}

async function load(servers: readonly ServerUnderTest[]): Promise<void> {
  const walks = makeSeries(seededRng(SEED))
  for (let first = 0; first < STEPS; first += BATCH_STEPS) {
    const pushed: PushedSeries[] = walks.map(({ labels }) => ({ labels, samples: [] }))
    for (let step = first; step < first + BATCH_STEPS; step++) {
      walks.forEach(({ at }, i) => {
        const value = at(step)
        if (value === undefined) return
        const samples = (pushed[i] as PushedSeries).samples as [number, PushedValue][]
        samples.push([START_MS + step * STEP_MS, value])
      })
    }
    const full = pushed.filter(({ samples }) => samples.length > 0)
    for (const { url } of servers) await remoteWrite(url, full)
  }
}

/** Equal, with numbers (also those in strings) to the tolerance. Returns the path of the first difference. */
function difference(a: unknown, b: unknown, path = ''): string | undefined {
  if (a === b) return undefined
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== undefined && y !== undefined) {
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return undefined
    if (Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y))) return undefined
    return `${path}: ${String(a)} and ${String(b)}`
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return `${path}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const key of keys) {
    const found = difference(a[key as keyof typeof a], b[key as keyof typeof b], `${path}.${key}`)
    if (found) return found
  }
  return undefined
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value === '') return undefined
  if (value === 'NaN') return Number.NaN
  if (value === '+Inf') return Infinity
  if (value === '-Inf') return -Infinity
  const parsed = Number(value)
  return Number.isNaN(parsed) ? undefined : parsed
}

/** Which of several duplicates an error names is chance in the original (it walks a hash map). */
function comparable(answer: Answer): Answer {
  const { error, ...rest } = sorted(answer)
  if (error === undefined) return rest
  return {
    ...rest,
    error: error.replace(/match group \{.*?\} on/, 'match group on').replace(/: \[.*\];/, ';'),
  }
}

let mine: ServerUnderTest
let theirs: ServerUnderTest

beforeAll(async () => {
  const folder = folderWith({ 'prometheus.yml': 'global: {scrape_interval: 1m}\n' })
  const config = join(folder, 'prometheus.yml')
  const args = [
    '--web.enable-remote-write-receiver',
    '--storage.tsdb.retention.time=100y',
    '--enable-feature=native-histograms',
  ]
  ;[mine, theirs] = await Promise.all([
    startServer(ours, { config, args, data: join(folder, 'ours') }),
    startServer(originals, { config, args, data: join(folder, 'original') }),
  ])
  await load([mine, theirs])
}, 120_000)

afterAll(async () => {
  await stopAll()
  removeFolders()
})

it('leaves equal values in the order of the original', async () => {
  const rng = seededRng(SEED + 2)
  const tied = [7, 40, 300].flatMap((count) =>
    Array.from({ length: count }, (_, i): PushedSeries => {
      const value = rng() < 0.1 ? Number.NaN : Math.floor(rng() * 4)
      const labels = { __name__: `tied_${count}`, i: String(i) }
      return { labels, samples: [[END_MS - 1000, value]] }
    }),
  )
  for (const server of [mine, theirs]) await remoteWrite(server.url, tied)
  for (const count of [7, 40, 300]) {
    for (const call of ['(', 'sort(', 'sort_desc(', 'topk(30, ', 'bottomk(25, ', 'sort_desc(-']) {
      const query = `${call}tied_${count})`
      const order = async (server: ServerUnderTest) => {
        const { data } = await server.query(query, END_MS / 1000)
        return data?.result.map(({ metric, value }) => `${metric.i}: ${value?.[1]}`)
      }
      expect([query, await order(mine)]).toEqual([query, await order(theirs)])
    }
  }
})

it(`answers ${QUERIES} generated queries (seed ${SEED}) as the original does`, async () => {
  const rng = seededRng(SEED + 1)
  const differing: string[] = []
  let answered = 0
  for (let i = 0; i < QUERIES; i++) {
    const query = generateQuery(rng)
    const at = (START_MS + (0.3 + rng() * 0.7) * STEPS * STEP_MS) / 1000
    const at3 = Math.floor(at * 8) / 8
    const step = [15, 30, 60, 7, 300][Math.floor(rng() * 5)] as number
    const isRange = rng() < 0.6
    const ask = (server: ServerUnderTest) =>
      isRange ? server.queryRange(query, at3 - step * 20, at3, step) : server.query(query, at3)
    const [a, b] = await Promise.all([ask(mine), ask(theirs)])
    if (b.status === 'success' && (b.data?.result.length ?? 0) > 0) answered++
    const found = difference(comparable(a), comparable(b))
    if (found) {
      differing.push(
        `${query}\n  ${isRange ? `range step ${step}` : 'instant'} at ${at3}: ${found}`,
      )
    }
  }
  // At least half of the queries must have something to say, or the suite says nothing.
  expect(answered).toBeGreaterThan(QUERIES / 3)
  if (differing.length > 0) {
    throw new Error(
      `${differing.length} of ${QUERIES} differ:\n${differing.slice(0, 25).join('\n')}`,
    )
  }
})
