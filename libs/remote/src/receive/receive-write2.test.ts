import { compressSnappy } from '@prom/compress'
import type { Labels } from '@prom/labels'
import { MessageWriter } from '@prom/protobuf'
import { AppendError, type Appender } from '@prom/storage'
import { WriteReceiver2 } from './receive-write2.ts'

const NOW = 1_700_000_000_000

/** Takes rows as storage does: by labels or ref, nothing older than the newest of the series. */
class FakeStorage {
  readonly rows: string[] = []
  readonly metadata: string[] = []
  readonly #series: string[] = []
  readonly #newest = new Map<number, number>()
  /** How often a series came with labels in place of its ref. */
  resolved = 0
  isFull = false

  appender(): Appender {
    const batch: string[] = []
    const take = (ref: number, labels: Labels, time: number, value: unknown) => {
      let at = ref
      if (at === 0) {
        this.resolved++
        const key = labels.toString()
        at = this.#series.indexOf(key) + 1 || this.#series.push(key)
      }
      if ((this.#newest.get(at) ?? -1) > time) {
        throw new AppendError('out of order sample', 'out of order sample')
      }
      this.#newest.set(at, time)
      batch.push(`${this.#series[at - 1]} ${value} @${time - NOW}`)
      return at
    }
    return {
      append: take,
      appendStale: (ref, labels, time) => take(ref, labels, time, 'stale'),
      appendHistogram: (ref, labels, time, { kind, count }) =>
        take(ref, labels, time, `${kind} ${count}`),
      appendExemplar: (ref, _labels, { labels, value, timeMs = 0 }) => {
        if (timeMs < NOW) throw new AppendError('out of order exemplar', 'out of order exemplar')
        batch.push(`${this.#series[ref - 1]} exemplar ${labels} ${value}`)
      },
      setMetadata: (ref, _labels, { type, help, unit }) => {
        this.metadata.push(`${this.#series[ref - 1]} ${type} ${help} ${unit}`)
      },
      commit: () => {
        if (this.isFull) throw new Error('no space left on device')
        this.rows.push(...batch)
        return { samples: batch.length, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 }
      },
      rollback: () => {
        batch.length = 0
      },
    }
  }
}

interface Sent {
  readonly refs: readonly number[]
  readonly samples?: readonly (readonly [time: number, value: number])[]
  readonly more?: (series: MessageWriter) => void
}

const SYMBOLS = ['', '__name__', 'm', 'job', 'j', 'n', 'help text', 'seconds', 'id', '7']
const M = [1, 2, 3, 4]
const N = [1, 5, 3, 4]

function body(series: readonly Sent[], symbols = SYMBOLS): Uint8Array {
  const writer = new MessageWriter()
  for (const symbol of symbols) writer.present(4, Buffer.from(symbol))
  for (const { refs, samples = [], more } of series) {
    writer.message(5, (one) => {
      one.bytes(1, Uint8Array.from(refs))
      for (const [time, value] of samples) {
        one.message(2, (sample) => sample.double(1, value).varint(2, NOW + time))
      }
      more?.(one)
    })
  }
  return compressSnappy(writer.finish())
}

const receiverOf = (storage: FakeStorage) =>
  new WriteReceiver2({
    appender: () => storage.appender(),
    isLive: () => true,
    seed: () => new Uint8Array(8),
  })

test('series, histograms, exemplars and metadata of a request are stored and counted', () => {
  const storage = new FakeStorage()
  const received = receiverOf(storage).receive(
    body([
      {
        refs: M,
        samples: [
          [0, 1],
          [5, 2],
        ],
        more: (one) =>
          one
            .message(4, (exemplar) =>
              exemplar.bytes(1, Uint8Array.of(8, 9)).double(2, 3).varint(3, NOW),
            )
            .message(5, (metadata) => metadata.varint(1, 1).varint(3, 6).varint(4, 7)),
      },
      {
        refs: N,
        more: (one) =>
          one.message(3, (histogram) =>
            histogram
              .varint(1, 4)
              .double(3, 2)
              .varint(15, NOW + 1),
          ),
      },
    ]),
    NOW,
  )
  expect(received).toEqual({
    ...{ status: 204, error: '', isDecoded: true, invalidLabelSamples: 0 },
    ...{ samples: 2, histograms: 1, exemplars: 1, withoutMetadata: 1 },
  })
  expect(storage.rows).toEqual([
    '{__name__="m", job="j"} 1 @0',
    '{__name__="m", job="j"} 2 @5',
    '{__name__="m", job="j"} exemplar {id="7"} 3',
    '{__name__="n", job="j"} int 4 @1',
  ])
  expect(storage.metadata).toEqual(['{__name__="m", job="j"} counter help text seconds'])
})

test('what is wrong is told, one line each; the rest is stored', () => {
  const storage = new FakeStorage()
  const symbols = [...SYMBOLS, 'bad\n', '\xff']
  const late = [
    [9, 1],
    [3, 2],
    [10, 3],
  ] as const
  const received = receiverOf(storage).receive(
    body(
      [
        { refs: M, samples: late },
        { refs: [1, 99], samples: [[0, 1]] },
        { refs: [1, 2, 3], samples: [[0, 1]] },
        { refs: [3, 4], samples: [[0, 1]] },
        { refs: [1, 2, 3, 4, 3, 5], samples: [[0, 1]] },
        { refs: N },
        { refs: N, samples: [[600_001, 1]] },
        { refs: N, samples: [[1, 1]] },
      ],
      symbols,
    ),
    NOW,
  )
  expect(received).toMatchObject({ status: 400, isDecoded: true, samples: 3 })
  expect(received.error.split('\n')).toEqual([
    'out of order sample for series {__name__="m", job="j"}',
    'parsing labels for series [1 99]: labelRefs 1 (name) = 99 (value) outside of symbols table (size 12)',
    'parsing labels for series [1 2 3]: invalid labelRefs length 3',
    'invalid metric name or labels, got {job="j"}',
    'invalid labels for series, labels {__name__="m", job="j", job="n"}, duplicated label job',
    'TimeSeries must contain at least one sample or histogram for series {__name__="n", job="j"}',
    'out of bounds: timestamp is too far in the future for series {__name__="n", job="j"}',
  ])
  expect(storage.rows).toHaveLength(3)
})

test('a known series is found by its ref, whatever the order of the table of texts', () => {
  const storage = new FakeStorage()
  const receiver = receiverOf(storage)
  receiver.receive(body([{ refs: M, samples: [[0, 1]] }]), NOW)
  const other = ['', 'j', 'job', 'm', '__name__']
  receiver.receive(body([{ refs: [4, 3, 2, 1], samples: [[1, 2]] }], other), NOW)
  receiver.receive(body([{ refs: [4, 3], samples: [[2, 3]] }], other), NOW)
  expect(storage.rows).toEqual([
    '{__name__="m", job="j"} 1 @0',
    '{__name__="m", job="j"} 2 @1',
    '{__name__="m"} 3 @2',
  ])
  expect(storage.resolved).toBe(2)
})

test('a body that cannot be read, or a storage that cannot write, leaves nothing', () => {
  const storage = new FakeStorage()
  const receiver = receiverOf(storage)
  const f = (bytes: Uint8Array, expected: object) =>
    expect(receiver.receive(bytes, NOW)).toMatchObject(expected)
  f(Uint8Array.of(1, 2, 3), { status: 400, isDecoded: false, error: 'snappy: corrupt input' })
  f(compressSnappy(Uint8Array.of(0x2a, 9)), { status: 400, isDecoded: false })
  storage.isFull = true
  const sent = body([{ refs: M, samples: [[0, 1]] }])
  f(sent, { status: 500, isDecoded: true, samples: 0, error: 'no space left on device' })
  expect(storage.rows).toEqual([])
})

test('thousands of series keep their refs as the table grows', () => {
  const storage = new FakeStorage()
  const receiver = receiverOf(storage)
  const symbols = ['', '__name__', ...Array.from({ length: 5000 }, (_, i) => `metric_${i}`)]
  const request = (time: number) => {
    const writer = new MessageWriter()
    for (const symbol of symbols) writer.present(4, Buffer.from(symbol))
    for (let i = 0; i < 5000; i++) {
      const ref = i + 2
      const refs = ref < 128 ? [1, ref] : [1, (ref & 127) | 128, ref >> 7]
      writer.message(5, (one) =>
        one
          .bytes(1, Uint8Array.from(refs))
          .message(2, (sample) => sample.double(1, i).varint(2, NOW + time)),
      )
    }
    return compressSnappy(writer.finish())
  }
  receiver.receive(request(0), NOW)
  receiver.receive(request(1), NOW)
  expect(storage.resolved).toBe(5000)
  expect(storage.rows.at(-1)).toBe('{__name__="metric_4999"} 4999 @1')
})
