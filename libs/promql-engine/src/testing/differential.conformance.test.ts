import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Labels } from '@prom/labels'
import { printFloat } from '@prom/model'
import { formatExpr, parseExpr } from '@prom/promql-syntax'
import { MemoryStorage } from '@prom/storage'
import { encodeValue, runQuery } from '../index.ts'
import { generateData, generateQuery } from './generate.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const seed = Number(process.env.SEED ?? 7)
const queryCount = Number(process.env.QUERIES ?? 600)
const startMs = 1_700_000_000_000
const samples = 160
const endMs = startMs + samples * 15_000

/** mulberry32: small, and the same everywhere. */
function makeRandom(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const random = makeRandom(seed)
const data = generateData(random, startMs, samples)
const storage = new MemoryStorage()
let folder = ''
let reference: ChildProcess | undefined
let port = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'differential-'))
  const lines: string[] = []
  const appender = storage.appender()
  for (const { labels, samples } of data) {
    const { __name__: name, ...rest } = labels
    const pairs = Object.entries(rest).map(([label, value]) => `${label}="${value}"`)
    const set = Labels.from(labels)
    for (const [time, value] of samples) {
      lines.push(`${name}{${pairs.join(',')}} ${printFloat(value)} ${time / 1000}`)
      appender.append(0, set, time, value)
    }
  }
  appender.commit()
  writeFileSync(join(folder, 'data.om'), `${lines.join('\n')}\n# EOF\n`)
  writeFileSync(join(folder, 'p.yml'), 'global: {evaluation_interval: 1m}\n')
  const blocks = join(folder, 'blocks')
  execFileSync(join(bin, 'promtool'), [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    join(folder, 'data.om'),
    blocks,
  ])
  port = await freePort()
  reference = spawn(
    join(bin, 'prometheus'),
    [
      `--config.file=${join(folder, 'p.yml')}`,
      `--storage.tsdb.path=${blocks}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  for (let i = 0; i < 100; i++) {
    if (await isReady()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the original does not answer')
}, 30_000)

afterAll(() => {
  reference?.kill()
  rmSync(folder, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port: free } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return free
}

async function isReady(): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok
  } catch {
    return false
  }
}

interface Answer {
  readonly error?: string
  readonly data?: { readonly resultType: string; readonly result: unknown }
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

type Range = { readonly startMs: number; readonly endMs: number; readonly stepMs: number }

async function askReference(query: string, range: Range, isInstant: boolean): Promise<Answer> {
  const times = isInstant
    ? { time: String(range.startMs / 1000) }
    : {
        start: String(range.startMs / 1000),
        end: String(range.endMs / 1000),
        step: String(range.stepMs / 1000),
      }
  const path = isInstant ? 'query' : 'query_range'
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams({ query, ...times }),
  })
  return (await response.json()) as Answer
}

async function askFormat(query: string): Promise<string> {
  const body = new URLSearchParams({ query })
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/format_query`, {
    method: 'POST',
    body,
  })
  return ((await response.json()) as { data: string }).data
}

function askOurs(query: string, range: Range, isInstant: boolean): Answer {
  try {
    const { value, warnings, infos } = runQuery(
      {
        query,
        range,
        isInstant,
        limits: { samplesMax: 5e7 },
        openQuerier: (mint, maxt) => storage.querier(mint, maxt),
      },
      { lookbackMs: 300_000, subqueryStepMs: 60_000, parse: {}, features: {} },
    )
    return { data: JSON.parse(Buffer.concat(encodeValue(value)).toString()), warnings, infos }
  } catch (err) {
    return { error: (err as Error).message }
  }
}

/** Numbers equal to 1e-12, everything else exactly; vectors without regard to order. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    if (a === b) return true
    const x = Number(a)
    const y = Number(b)
    return Math.abs(x - y) <= 1e-12 * Math.max(Math.abs(x), Math.abs(y))
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => same(item, b[i]))
  }
  if (a && b && typeof a === 'object' && typeof b === 'object') {
    const keys = Object.keys(a)
    if (keys.length !== Object.keys(b).length) return false
    return keys.every((key) => same((a as never)[key], (b as never)[key]))
  }
  return Object.is(a, b)
}

const sorted = (list: unknown) =>
  Array.isArray(list) && typeof list[0] === 'object' && !Array.isArray(list[0])
    ? [...list].sort((a, b) => (labelKey(a) < labelKey(b) ? -1 : 1))
    : list
const labelKey = (series: { metric: object }) =>
  JSON.stringify(Object.entries(series.metric).sort())

function difference(theirs: Answer, ours: Answer, isOrdered: boolean): string | undefined {
  if (theirs.error !== undefined || ours.error !== undefined) {
    const wanted = (theirs.error ?? '').replace(/^invalid parameter "query": /, '')
    // Which of several pairs is named first is up to a map there.
    const plain = (text: string) => text.replace(/\{.*\];/, '...;')
    // Later versions than this original refuse it whether the comparison holds or not.
    if (/^multiple matches for labels: many-to-one/.test(ours.error ?? '')) return undefined
    return plain(wanted) === plain(ours.error ?? '')
      ? undefined
      : `error: ${theirs.error} | ${ours.error}`
  }
  const order = isOrdered ? (list: unknown) => list : sorted
  if (!same(order(theirs.data?.result), order(ours.data?.result))) {
    return `${JSON.stringify(theirs.data)}\n | ${JSON.stringify(ours.data)}`.slice(0, 1500)
  }
  for (const notes of ['warnings', 'infos'] as const) {
    const isKnown = (text: string) => !text.includes('sort is ineffective for range queries')
    const plain = (list: readonly string[] | undefined) =>
      JSON.stringify([...(list ?? [])].filter(isKnown).sort())
    if (plain(theirs[notes]) !== plain(ours[notes])) {
      return `${notes}: ${plain(theirs[notes])} | ${plain(ours[notes])}`
    }
  }
  return undefined
}

test(`${queryCount} generated queries give what the original gives (seed ${seed})`, async () => {
  const differences: string[] = []
  for (let i = 0; i < queryCount && differences.length < 20; i++) {
    const query = generateQuery(random)
    const isInstant = random() < 0.5
    const at = startMs + Math.floor(random() * (endMs - startMs))
    const stepMs = [15_000, 60_000, 7_000][Math.floor(random() * 3)] as number
    const range = isInstant
      ? { startMs: at, endMs: at, stepMs: 0 }
      : { startMs: at, endMs: at + 20 * stepMs, stepMs }
    const theirs = await askReference(query, range, isInstant)
    const ours = askOurs(query, range, isInstant)
    const formatted = await askFormat(query)
    if (formatted !== formatExpr(parseExpr(query))) differences.push(`format: ${formatted}`)
    const isOrdered = !isInstant || /^(?:sort|sort_desc)\(/.test(query)
    const found = difference(theirs, ours, isOrdered)
    if (found) differences.push(`${query}  ${JSON.stringify(range)}\n    ${found}`)
  }
  expect(differences.join('\n')).toBe('')
}, 120_000)
