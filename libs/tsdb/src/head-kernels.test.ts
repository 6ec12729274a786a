/** The kernels of head and log against their plain twins, on random input and on input that means harm. */
import { Reader, Writer } from '@prom/bytes'
import { XorEncoder } from '@prom/chunks'
import { createKernelMemory, instantiateKernels } from '@prom/kernels'
import { Labels } from '@prom/labels'
import { seededRandom } from '@prom/testkit'
import { HeadStore } from './head/head-store.ts'
import { C, H, R, type Region } from './head/layout.ts'
import { readOpenChunk, readSealedChunk } from './head/sealed-chunk.ts'
import { RefTable } from './wal/ref-table.ts'

const MEMORY_BYTES = 40 << 20
const ROWS = 1000

function newStore(): HeadStore {
  return new HeadStore(instantiateKernels(createKernelMemory(MEMORY_BYTES)), 7, 7200_000)
}

function addSeries(store: HeadStore, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const labels = Labels.from({ __name__: 'm', i: String(i) })
    return store.series.add(store.pairsOf(labels), labels.size, i + 1)
  })
}

/** Addresses of columns in the batch region. */
function columns({ address }: Region) {
  return {
    times: address,
    values: address + ROWS * 8,
    refs: address + ROWS * 16,
    statuses: address + ROWS * 20,
  }
}

interface Sample {
  readonly ref: number
  readonly timeMs: number
  readonly high: number
  readonly low: number
}

test('what the head appends is what the plain encoder writes, and so is its record', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed * 31)
    const store = newStore()
    const { memory, regions, kernels, arena } = store
    const refs = addSeries(store, 3)
    const at = columns(regions.batch)
    const encoders = new Map(refs.map((ref) => [ref, new XorEncoder()]))
    const chunks = new Map(refs.map((ref) => [ref, [] as Uint8Array[]]))
    memory.f64[(H.context + C.appendableMin) >>> 3] = -Infinity
    memory.f64[(H.context + C.lateMin) >>> 3] = Infinity
    let time = Math.floor(random.next() * 1.7e12)
    for (let batch = 0; batch < 400; batch++) {
      time += 1 + Math.floor(random.next() ** 6 * 9e6)
      const rows: Sample[] = []
      for (const ref of refs) {
        if (random.next() < 0.2) continue
        const isWild = random.next() < 0.2
        const high = isWild ? Math.floor(random.next() * 2 ** 32) : 0x40590000
        rows.push({ ref, timeMs: time, high, low: isWild ? batch : batch * 4096 })
      }
      rows.forEach(({ ref, timeMs, high, low }, i) => {
        memory.u32[(at.refs >>> 2) + i] = ref
        memory.f64[(at.times >>> 3) + i] = timeMs
        memory.u32[(at.values >>> 2) + i * 2] = low
        memory.u32[(at.values >>> 2) + i * 2 + 1] = high
      })
      arena.reserve(rows.length * 2)
      const sealedBefore = refs.map((ref) => sealedOf(store, ref))
      const log = regions.log.address
      const { refs: r, times, values, statuses } = at
      const size = kernels.exports.headAppend(
        ...([H.context, r, times, 0, values, statuses, rows.length, log, 0] as const),
      )
      expect(Buffer.compare(memory.u8.slice(log, log + size), recordOf(store, rows))).toBe(0)
      refs.forEach((ref, i) => {
        // A chunk was closed: the plain one is closed there too.
        if (sealedOf(store, ref) === sealedBefore[i]) return
        chunks.get(ref)?.push((encoders.get(ref) as XorEncoder).finish())
        encoders.set(ref, new XorEncoder())
      })
      for (const { ref, timeMs, high, low } of rows) encoders.get(ref)?.append(timeMs, high, low)
    }
    for (const ref of refs) {
      const record = store.series.record(ref)
      const open = readOpenChunk(memory, record)
      expect(Buffer.compare(open, (encoders.get(ref) as XorEncoder).finish())).toBe(0)
      const closed: Uint8Array[] = []
      for (let chunk = sealedOf(store, ref); chunk !== 0; chunk = memory.u32[(chunk + 4) >>> 2]!) {
        closed.unshift(readSealedChunk(memory, chunk))
      }
      expect(closed.map((c) => Buffer.from(c).toString('hex'))).toEqual(
        chunks.get(ref)?.map((c) => Buffer.from(c).toString('hex')),
      )
    }
  }
})

function sealedOf({ memory, series }: HeadStore, ref: number): number {
  return memory.u32[(series.record(ref) + R.sealed) >>> 2]!
}

function recordOf({ memory, series }: HeadStore, rows: readonly Sample[]): Uint8Array {
  const writer = new Writer(1024)
  const walRef = (ref: number) => memory.u32[(series.record(ref) + R.walRef) >>> 2]!
  const [first] = rows
  if (!first) return new Uint8Array(0)
  writer.u8(2)
  writer.u64(walRef(first.ref))
  writer.u64(first.timeMs)
  for (const { ref, timeMs, high, low } of rows) {
    writer.varint(walRef(ref) - walRef(first.ref))
    writer.varint(timeMs - first.timeMs)
    writer.f64Bits(high, low)
  }
  return writer.take()
}

test('samples records are decoded as by a plain reader, whole or damaged, and never past their end', () => {
  const store = newStore()
  const { memory, kernels, regions } = store
  const random = seededRandom(5)
  const table = new RefTable(memory, regions.scratch)
  for (let ref = 1; ref < 3000; ref += 1 + Math.floor(random.next() * 3)) table.set(ref, ref * 16)
  const at = columns(regions.batch)
  const nextAt = H.context + C.nextOffset
  for (let round = 0; round < 2000; round++) {
    const record = randomRecord(random.next)
    if (round % 2 === 1) damage(record, random.next)
    const bytes = round % 5 === 4 ? record.slice(0, random.next() * record.length) : record
    const from = regions.log.address
    memory.u8.fill(0xff, from, from + bytes.length + 64)
    memory.u8.set(bytes, from)
    const expected = plainSamples(bytes, table)
    const { refs, times, values } = at
    const count = kernels.exports.walSamples(
      ...([from, bytes.length, 0, table.address, table.pages, refs, times, values, ROWS] as const),
      nextAt,
    )
    if (!expected) {
      expect([round, count]).toEqual([round, -1])
      continue
    }
    expect([round, count]).toEqual([round, expected.length])
    const found = expected.map(({ timeMs }, i) => {
      const time = memory.f64[(times >>> 3) + i]
      const value = (values >>> 2) + i * 2
      // Numbers beyond what a float holds exactly are rounded differently.
      const isExact = Number.isSafeInteger(timeMs)
      const [low, high] = [memory.u32[value], memory.u32[value + 1]]
      return `${memory.u32[(refs >>> 2) + i]} ${isExact ? time : timeMs} ${high} ${low}`
    })
    expect(found.join('\n')).toBe(
      expected.map(({ ref, timeMs, high, low }) => `${ref} ${timeMs} ${high} ${low}`).join('\n'),
    )
  }
})

function randomRecord(next: () => number): Uint8Array {
  const writer = new Writer(256)
  const count = Math.floor(next() * 60)
  const firstRef = Math.floor(next() * 3000)
  const firstTime = Math.floor(next() * 2e12)
  writer.u8(2)
  writer.u64(firstRef)
  writer.u64(firstTime)
  for (let i = 0; i < count; i++) {
    writer.varint(Math.floor((next() - 0.5) * 2000))
    writer.varint(Math.floor((next() - 0.5) * 1e7))
    writer.f64Bits(Math.floor(next() * 2 ** 32), i)
  }
  return writer.take()
}

/** Changes a byte after the header: what the numbers of the header mean stays comparable. */
function damage(record: Uint8Array, next: () => number): void {
  if (record.length <= 17) return
  const at = 17 + Math.floor(next() * (record.length - 17))
  record[at] = record[at]! ^ (1 << Math.floor(next() * 8))
}

function plainSamples(record: Uint8Array, table: RefTable): Sample[] | undefined {
  if (record.length <= 1) return []
  const reader = new Reader(record, 1)
  const firstRef = reader.u64()
  const firstTime = reader.i64()
  const rows: Sample[] = []
  if (reader.failed) return undefined
  while (reader.left > 0) {
    const ref = firstRef + reader.varint()
    const timeMs = firstTime + reader.varint()
    const [high, low] = [reader.u32(), reader.u32()]
    if (reader.failed) return undefined
    rows.push({ ref: ref >= 0 && ref < 2 ** 32 ? table.get(ref) : 0, timeMs, high, low })
  }
  return rows
}
