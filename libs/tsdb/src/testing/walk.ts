/** A seeded random walk over a whole database on files that crash, fill up and break. */
import { Labels, Matcher } from '@prom/labels'
import type { Random } from '@prom/runtime'
import { Crash, CrashFiles, FakeClock, recordLog, seededRandom } from '@prom/testkit'
import {
  attachTsdbReader,
  type Compactor,
  openTsdb,
  ROW_STORED,
  serveCompaction,
  type Tsdb,
  type TsdbReader,
} from '../index.ts'
import { type Content, WalkModel } from './walk-model.ts'

const START = 1_700_000_000_000
const DIR = '/data'
const MINUTE = 60_000
const PAD = '-'.repeat(1500)

interface Row {
  readonly labels: Labels
  readonly value: number | 'stale'
}

/** How often each step is taken, out of the sum. */
const STEPS = {
  append: 560,
  appendRows: 60,
  appendLate: 30,
  leap: 12,
  check: 60,
  query: 80,
  remove: 20,
  tick: 50,
  maintain: 20,
  restart: 10,
  crash: 60,
  fault: 30,
  cleanTombstones: 5,
  snapshot: 3,
}

type Step = keyof typeof STEPS

export class Walk {
  readonly #random: Random
  readonly #files: CrashFiles
  readonly #clock = new FakeClock(START)
  readonly #model = new WalkModel()
  readonly #lateMs: number
  readonly #lastTimes = new Map<string, number>()
  #kept: { readonly memory: WebAssembly.Memory; readonly reader: TsdbReader } | undefined
  readonly #removed: {
    readonly matches: (series: string) => boolean
    readonly mint: number
    readonly maxt: number
  }[] = []
  #db: Tsdb
  #time = START
  #batches = 0
  /** How often each thing happened, so that a test can tell the walk went somewhere. */
  readonly seen = {
    crashes: 0,
    deaths: 0,
    faults: 0,
    refusals: 0,
    blocks: 0,
    late: 0,
    samples: 0,
    queries: 0,
    threaded: 0,
  }
  readonly log = recordLog()
  readonly steps: string[] = []

  /** `lateMs`: samples this much behind the newest one are taken (0 = none). */
  constructor(seed: number, lateMs = 0) {
    this.#lateMs = lateMs
    this.#random = seededRandom(seed * 2654435761)
    for (let i = 0; i < 8; i++) this.#random.next()
    this.#files = new CrashFiles(() => this.#random.next())
    this.#db = this.#open()
  }

  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      const step = this.#choose()
      this.steps.push(step)
      try {
        await this.#take(step)
      } catch (err) {
        if (!(err instanceof Crash) && !this.#files.isDead) {
          throw new Error(`step ${i} (${step}): ${(err as Error).message}`, { cause: err })
        }
        try {
          this.#rise()
        } catch (again) {
          throw new Error(
            `step ${i} (${step}), start after the crash: ${(again as Error).message}`,
            {
              cause: again,
            },
          )
        }
      }
    }
    this.#files.crashAfter = Infinity
    if (this.#files.isDead) this.#rise()
    this.#check(false)
    this.#db.close()
    this.#db = this.#open()
    this.#check(true)
    this.#db.close()
    this.seen.blocks = this.log.lines.filter(({ message }) => message === 'write block').length
  }

  #choose(): Step {
    const total = Object.values(STEPS).reduce((a, b) => a + b, 0)
    let at = this.#random.next() * total
    for (const [step, weight] of Object.entries(STEPS)) {
      at -= weight
      if (at < 0) return step as Step
    }
    return 'append'
  }

  async #take(step: Step): Promise<void> {
    switch (step) {
      case 'append':
        return this.#append(this.#rows(), this.#advance())
      case 'appendRows':
        return this.#appendRows(this.#rows(), this.#advance())
      case 'appendLate':
        return this.#append(
          this.#rows(),
          this.#time - Math.floor(this.#random.next() * 90 * MINUTE),
        )
      case 'leap':
        this.#time += Math.floor(this.#random.next() * 5 * 60 * MINUTE)
        return
      case 'check':
        return this.#check(false)
      case 'query':
        return this.#query()
      case 'remove':
        return this.#remove()
      case 'tick':
        return this.#db.tick()
      case 'maintain':
        await this.#db.maintain(async () => {
          if (this.#random.next() < 0.3) this.#append(this.#rows(), this.#advance())
        })
        if (this.#files.isDead) throw new Crash()
        return
      case 'restart':
        this.#db.close()
        this.#db = this.#open()
        return this.#check(true)
      case 'crash':
        this.#files.crashAfter = 1 + Math.floor(this.#random.next() ** 2 * 80)
        this.seen.crashes++
        return
      case 'fault':
        return this.#fault()
      case 'cleanTombstones':
        return this.#db.cleanTombstones()
      case 'snapshot':
        this.#db.snapshot(this.#random.next() < 0.5)
        return this.#files.removeSync(`${DIR}/snapshots`)
    }
  }

  #advance(): number {
    this.#time += 1 + Math.floor(this.#random.next() * 4 * MINUTE)
    return this.#time
  }

  #rows(): Row[] {
    this.#batches++
    const rows: Row[] = []
    const generation = Math.floor(this.#time / 3600_000) // New series now and then; old ones go.
    for (let i = 0; i < 9; i++) {
      if (this.#random.next() < 0.3) continue
      const name = i < 6 ? `steady_${i % 2}` : `passing_${generation}`
      const job = i % 3 === 0 ? 'a' : 'b'
      // Long labels fill segments of the log, so that they end often.
      const pad = i < 6 ? {} : { pad: `${name}${PAD}` }
      const labels = Labels.from({ __name__: name, i: String(i), job, ...pad })
      const chance = this.#random.next()
      const value =
        chance < 0.03 ? 'stale' : chance < 0.5 ? this.#batches : this.#random.next() * 1e6 - 5e5
      rows.push({ labels, value })
    }
    return rows
  }

  #append(rows: readonly Row[], time: number): void {
    const { head } = this.#db
    const { batch } = head
    try {
      batch.reserve(rows.length)
      rows.forEach(({ labels, value }, i) => {
        batch.refs[i] = head.resolve(labels)
        if (value === 'stale') batch.setStale(i)
        else batch.values[i] = value
      })
      head.appendColumns(rows.length, time)
    } catch (err) {
      for (const { labels, value } of rows) {
        this.#model.doubt(labels.toString(), time, bitsOf(value))
      }
      throw err
    }
    const statuses = batch.statuses.slice(0, rows.length)
    for (const [i, row] of rows.entries()) this.#note(row, time, statuses[i] === ROW_STORED)
  }

  #appendRows(rows: readonly Row[], time: number): void {
    const appender = this.#db.appender()
    try {
      for (const { labels, value } of rows) {
        if (value === 'stale') appender.appendStale(0, labels, time)
        else appender.append(0, labels, time, value)
      }
      appender.commit()
    } catch (err) {
      for (const { labels, value } of rows) {
        this.#model.doubt(labels.toString(), time, bitsOf(value))
      }
      throw err
    }
    for (const row of rows) this.#note(row, time, true)
  }

  #note({ labels, value }: Row, time: number, isStored: boolean): void {
    const series = labels.toString()
    const last = this.#lastTimes.get(series) ?? -Infinity
    if (time === this.#time && time > last && !isStored) {
      throw new Error(`a sample newer than all others was refused: ${series} at ${time}`)
    }
    // Equal to the newest one counts as stored and changes nothing.
    if (!isStored || (time < last && this.#lateMs === 0)) return
    this.#lastTimes.set(series, Math.max(last, time))
    if (time < last) this.seen.late++
    this.seen.samples++
    // Compat: what comes late into a deleted range counts as deleted, at the latest after a restart.
    const isHidden = this.#removed.some(
      ({ matches, mint, maxt }) => time < last && time >= mint && time <= maxt && matches(series),
    )
    if (isHidden) this.#model.doubt(series, time, bitsOf(value))
    else this.#model.put(series, time, bitsOf(value))
  }

  #remove(): void {
    const job = this.#random.next() < 0.5 ? 'a' : 'b'
    const mint = START + Math.floor(this.#random.next() * (this.#time - START))
    const maxt = mint + Math.floor(this.#random.next() * 120 * MINUTE)
    const matches = (series: string) => series.includes(`job="${job}"`)
    this.#removed.push({ matches, mint, maxt })
    try {
      this.#db.deleteSeries([new Matcher('=', 'job', job)], mint, maxt)
    } catch (err) {
      this.#model.doubtRemoved(matches, mint, maxt)
      throw err
    }
    this.#model.remove(matches, mint, maxt)
  }

  /** The disk is full or broken for a while: what fails is tried again until it works. */
  #fault(): void {
    const chance = this.#random.next()
    const rate = 0.2 + this.#random.next() * 0.8
    const kind = chance < 0.5 ? 'ENOSPC' : chance < 0.8 ? 'EIO' : 'short'
    this.seen.faults++
    const rule = () => (this.#random.next() < rate ? kind : undefined)
    for (let i = 1 + Math.floor(this.#random.next() * 4); i > 0; i--) {
      const rows = this.#rows()
      const time = this.#advance()
      this.#files.fault = rule
      try {
        const other = this.#random.next()
        if (other < 0.15) this.#db.tick()
        this.#append(rows, time)
      } catch (err) {
        if (err instanceof Crash || this.#files.isDead) throw err
        this.seen.refusals++
        this.#checkIfReadable()
      }
      this.#files.fault = undefined
      this.#append(rows, time)
    }
  }

  #query(): void {
    const job = this.#random.next() < 0.5 ? 'a' : 'b'
    const mint = START + Math.floor(this.#random.next() * (this.#time - START))
    const maxt = mint + Math.floor(this.#random.next() ** 2 * 24 * 3600_000)
    const expected = this.#model.range((series) => series.includes(`job="${job}"`), mint, maxt)
    if (!expected) return
    // By a reader that keeps what it has decoded: what it knows must be what is there now.
    const kept = this.#keptReader()
    const actual = readAll(kept, [new Matcher('=', 'job', job)], mint, maxt)
    this.seen.queries++
    const flat = (content: Content) =>
      [...content].flatMap(([series, samples]) =>
        [...samples].map(([time, bits]) => `${series} ${time} ${bits}`),
      )
    const [got, wanted] = [new Set(flat(actual)), new Set(flat(expected))]
    const strange = [...got].find((sample) => !wanted.has(sample))
    const lost = [...wanted].find((sample) => !got.has(sample))
    if (strange ?? lost) {
      throw new Error(`a query of [${mint}, ${maxt}] lacks ${lost} and has ${strange}`)
    }
  }

  /** On a broken disk a query may fail, but not be wrong. */
  #checkIfReadable(): void {
    let content: Content
    try {
      content = this.#read([new Matcher('!=', 'x', 'y')], -Infinity, Infinity)
    } catch {
      return
    }
    this.#model.check(content, false)
  }

  #check(isReborn: boolean): void {
    this.#model.check(this.#read([new Matcher('!=', 'x', 'y')], -Infinity, Infinity), isReborn)
  }

  #read(matchers: Matcher[], mint: number, maxt: number): Content {
    const { memory } = this.#db
    const options = { memory, dir: DIR, readerIndex: 1, cacheBytes: 4 << 20 }
    const reader = attachTsdbReader(options, { files: this.#files })
    try {
      return readAll(reader, matchers, mint, maxt)
    } finally {
      reader.close()
    }
  }

  #keptReader(): TsdbReader {
    const { memory } = this.#db
    if (this.#kept?.memory !== memory) {
      const options = { memory, dir: DIR, readerIndex: 2, cacheBytes: 4 << 20 }
      this.#kept = { memory, reader: attachTsdbReader(options, { files: this.#files }) }
    }
    return this.#kept.reader
  }

  /** A new process after a crash; starting may crash as well. */
  #rise(): void {
    this.seen.deaths++
    for (let tries = 0; ; tries++) {
      this.#files.revive()
      if (tries < 4 && this.#random.next() < 0.25) {
        this.#files.crashAfter = 1 + Math.floor(this.#random.next() * 30)
      }
      try {
        this.#db = this.#open()
        this.#files.crashAfter = Infinity
        break
      } catch (err) {
        if (!(err instanceof Crash)) throw err
      }
    }
    this.#check(true)
  }

  #open(): Tsdb {
    const blockMaxMs = 18 * 3600_000
    return openTsdb(
      {
        dir: DIR,
        memoryBytes: 40 << 20,
        walSegmentBytes: 32768,
        walCompression: 'none',
        outOfOrderWindowMs: this.#lateMs,
        retentionMs: 0,
        blockMaxMs,
      },
      {
        ...{ files: this.#files, clock: this.#clock, random: this.#random, log: this.log },
        startCompactor: (memory) => this.#startCompactor(memory),
      },
    )
  }

  /** In place of a thread: the same work, with other things done just before and just after a block is written. */
  #startCompactor(memory: WebAssembly.Memory): Compactor {
    const compact = serveCompaction(memory, { files: this.#files, clock: this.#clock })
    return {
      run: async (request) => {
        this.#beside()
        const result = compact(request)
        this.seen.threaded++
        this.#beside()
        return result
      },
      terminate: async () => {},
    }
  }

  /** What happens while another thread is at work. */
  #beside(): void {
    const chance = this.#random.next()
    if (chance < 0.3) this.#append(this.#rows(), this.#advance())
    else if (chance < 0.6) this.#remove()
  }
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

function bitsOf(value: number | 'stale'): string {
  if (value === 'stale') return `${0x7ff00000} 2`
  float[0] = value
  return `${words[1]} ${words[0]}`
}

function readAll(reader: TsdbReader, matchers: Matcher[], mint: number, maxt: number): Content {
  const querier = reader.querier(mint, maxt)
  try {
    const set = querier.select(matchers, { mint, maxt })
    const content: Content = new Map()
    for (let i = 0; i < set.length; i++) {
      const { times, values, start, end } = set.samples(i)
      const words = new Uint32Array(values.buffer, values.byteOffset)
      const samples = new Map<number, string>()
      for (let k = start; k < end; k++) {
        if (k > start && times[k]! <= times[k - 1]!) throw new Error('times do not ascend')
        samples.set(times[k]!, `${words[k * 2 + 1]} ${words[k * 2]}`)
      }
      if (samples.size > 0) content.set(set.labels(i).toString(), samples)
      set.release()
    }
    return content
  } finally {
    querier.close()
  }
}
