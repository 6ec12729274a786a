import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compressSnappy } from '@prom/compress'
import { Matcher } from '@prom/labels'
import { MessageWriter } from '@prom/protobuf'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb, type Tsdb } from '@prom/tsdb'
import { WriteReceiver } from './receive-write.ts'

const NOW = 1_700_000_000_000
const files = createFiles()

/** A storage with its receiver; `isWhole`: requests go through the kernels. */
class Side {
  readonly #dir = mkdtempSync(join(tmpdir(), 'receive-'))
  readonly #db: Tsdb
  readonly receiver: WriteReceiver

  constructor(isWhole: boolean, options: object = {}) {
    const deps = { files, clock: new FakeClock(NOW), random: seededRandom(1), log: recordLog() }
    this.#db = openTsdb({ dir: this.#dir, memoryBytes: 96 << 20, ...options }, deps)
    const { head } = this.#db
    this.receiver = new WriteReceiver({
      appender: () => this.#db.appender(),
      isLive: (ref) => head.isLive(ref),
      seed: () => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      ...(isWhole && { head }),
    })
  }

  /** Labels to times and the bits of values. */
  content(): Record<string, string[]> {
    const reader = attachTsdbReader(
      { memory: this.#db.memory, dir: this.#dir, readerIndex: 0 },
      { files },
    )
    const querier = reader.querier(0, Infinity)
    const range = { mint: 0, maxt: Infinity }
    const set = querier.select([new Matcher('!=', '__name__', '')], range)
    const all: Record<string, string[]> = {}
    for (let i = 0; i < set.length; i++) {
      const { times, values, start, end } = set.samples(i)
      const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length)
      all[set.labels(i).toString()] = Array.from(
        { length: end - start },
        (_, k) => `${times[start + k]} ${bits[start + k]}`,
      )
      set.release()
    }
    querier.close()
    reader.close()
    return all
  }

  close(): void {
    this.#db.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

type Series = [labels: [string, string][], samples: [value: number, time: number][]]

function message(series: readonly Series[], extra?: (one: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter()
  for (const [labels, samples] of series) {
    writer.message(1, (one) => {
      for (const [name, value] of labels) {
        one.message(1, (label) => {
          label.string(1, name)
          label.string(2, value)
        })
      }
      for (const [value, time] of samples) {
        one.message(2, (sample) => {
          if (value !== 0) sample.double(1, value)
          sample.varint(2, time)
        })
      }
      extra?.(one)
    })
  }
  return writer.finish()
}

const named = (name: string, more: [string, string][] = []): [string, string][] => [
  ['__name__', name],
  ...more,
]

test.each([0, 60_000])('whole requests and single rows end the same, window %d', (window) => {
  const random = seededRandom(window + 7)
  const below = (n: number) => Math.floor(random.next() * n)
  const sides = [
    new Side(true, { outOfOrderWindowMs: window }),
    new Side(false, { outOfOrderWindowMs: window }),
  ]
  let time = NOW - 3_000_000
  for (let round = 0; round < 400; round++) {
    time += below(3) * 1000
    const series = Array.from({ length: below(12) }, (): Series => {
      const id = below(40)
      const labels = named(`m${id % 5}`, [['id', `${id}`]])
      if (random.next() < 0.01) labels.push(['id', 'twice'])
      if (random.next() < 0.01) labels[0] = ['__name__', '']
      if (random.next() < 0.02) labels.reverse()
      const samples = Array.from({ length: below(4) }, (_, i): [number, number] => [
        random.next() < 0.3 ? Number.NaN : below(3),
        time + i * 100 - (random.next() < 0.02 ? below(100_000) : 0),
      ])
      return [labels, samples]
    })
    let bytes = message(series)
    if (random.next() < 0.3 && bytes.length > 0) {
      bytes = Uint8Array.from(bytes)
      for (let i = below(3); i >= 0; i--) bytes[below(bytes.length)] = below(256)
    }
    const body = compressSnappy(bytes)
    if (random.next() < 0.05) body[below(body.length)] = below(256)
    const [one, other] = sides.map(({ receiver }) => receiver.receive(body, NOW))
    expect(one).toEqual(other)
  }
  const [one, other] = sides.map((side) => side.content())
  expect(Object.keys(one as object).length).toBeGreaterThan(30)
  expect(one).toEqual(other)
  for (const side of sides) side.close()
})

test('series are known by their labels however many there are', () => {
  const side = new Side(true)
  for (let step = 0; step < 2; step++) {
    for (let from = 0; from < 20_000; from += 1000) {
      const series = Array.from(
        { length: 1000 },
        (_, i): Series => [
          named('many', [['n', `${from + i}`]]),
          [[from + i, NOW - 10_000 + step]],
        ],
      )
      const received = side.receiver.receive(compressSnappy(message(series)), NOW)
      expect(received).toMatchObject({ status: 204, samples: 1000, withoutMetadata: 1000 })
    }
  }
  const content = side.content()
  expect(Object.keys(content).length).toBe(20_000)
  expect(Object.values(content).every((rows) => rows.length === 2)).toBe(true)
  side.close()
})

test('what is not plain, too late or refused goes row by row', () => {
  const side = new Side(true)
  const send = (bytes: Uint8Array) => side.receiver.receive(compressSnappy(bytes), NOW)
  const exemplar = (one: MessageWriter) => one.message(3, (ex) => ex.double(2, 5))
  expect(send(message([[named('a'), [[1, NOW]]]], exemplar))).toMatchObject({ status: 204 })
  expect(send(message([[named('a'), [[1, NOW - 1]]]]))).toMatchObject({
    status: 400,
    error: 'out of order sample',
  })
  expect(send(message([[named('a'), [[2, NOW]]]]))).toMatchObject({
    status: 400,
    error: `duplicate sample for timestamp ${NOW}; overrides not allowed: existing 1, new value 2`,
  })
  expect(send(message([[named('b'), [[1, NOW + 700_000]]]]))).toMatchObject({ status: 400 })
  const mixed = send(
    message([
      [named('c'), [[1, NOW]]],
      [[['x', 'y']], [[1, NOW]]],
    ]),
  )
  expect(mixed).toMatchObject({ status: 204, samples: 1, invalidLabelSamples: 1 })
  expect(send(Uint8Array.of(0x0a, 0x7f))).toMatchObject({ status: 400, isDecoded: false })
  expect(send(new Uint8Array(0))).toMatchObject({ status: 204, samples: 0 })
  expect(Object.keys(side.content()).sort()).toEqual(['{__name__="a"}', '{__name__="c"}'])
  side.close()
})
