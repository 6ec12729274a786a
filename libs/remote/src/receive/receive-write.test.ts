import { compressSnappy } from '@prom/compress'
import type { Labels } from '@prom/labels'
import { MessageWriter } from '@prom/protobuf'
import { AppendError, type Appender } from '@prom/storage'
import { WriteReceiver } from './receive-write.ts'

const NOW = 1_700_000_000_000
type Row = [labels: string, time: number, value: number | 'stale']

/** Takes rows; refuses those at a time before the newest, as storage would. */
class FakeStorage {
  rows: Row[] = []
  appender(): Appender {
    const batch: Row[] = []
    const refs: string[] = []
    const take = (ref: number, labels: Labels, time: number, value: number | 'stale') => {
      const key = refs[ref - 1] ?? labels.toString()
      const last = [...this.rows, ...batch].filter(([name]) => name === key).at(-1)
      if (last && last[1] > time)
        throw new AppendError('out of order sample', 'out of order sample')
      batch.push([key, time, value])
      if (ref === 0) refs.push(key)
      return ref || refs.length
    }
    return {
      append: take,
      appendStale: (ref, labels, time) => take(ref, labels, time, 'stale'),
      appendHistogram: () => 0,
      appendExemplar: () => {},
      setMetadata: () => {},
      commit: () => {
        this.rows.push(...batch)
        return { samples: batch.length, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 }
      },
      rollback: () => {
        batch.length = 0
      },
    }
  }
}

type Series = [labels: [string, string][], samples: [number, number][]]

function body(series: readonly Series[]): Uint8Array {
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
          sample.double(1, value)
          sample.varint(2, time)
        })
      }
    })
  }
  return compressSnappy(writer.finish())
}

const send = (storage: FakeStorage, bytes: Uint8Array) =>
  new WriteReceiver({
    appender: () => storage.appender(),
    isLive: () => true,
    seed: () => new Uint8Array(8),
  }).receive(bytes, NOW)

describe('receiveWrite', () => {
  const series = (name: string, ...samples: [number, number][]): Series => [
    [
      ['job', 'j'],
      ['__name__', name],
      ['empty', ''],
    ],
    samples,
  ]

  test('stores all series of a body, labels sorted and empty ones dropped', () => {
    const storage = new FakeStorage()
    const received = send(
      storage,
      body([series('a', [1, NOW], [2, NOW + 1]), series('b', [3, NOW])]),
    )
    expect(received).toMatchObject({ status: 204, error: '', samples: 3, invalidLabelSamples: 0 })
    expect(storage.rows).toEqual([
      ['{__name__="a", job="j"}', NOW, 1],
      ['{__name__="a", job="j"}', NOW + 1, 2],
      ['{__name__="b", job="j"}', NOW, 3],
    ])
  })

  test('one refused sample takes the whole body back', () => {
    const storage = new FakeStorage()
    const received = send(storage, body([series('a', [1, NOW]), series('b', [1, 5], [2, 4])]))
    expect(received).toMatchObject({ status: 400, error: 'out of order sample' })
    expect(storage.rows).toEqual([])
  })

  test('samples too far ahead are refused', () => {
    const received = send(new FakeStorage(), body([series('a', [1, NOW + 600_001])]))
    expect(received).toMatchObject({
      status: 400,
      error: 'out of bounds: timestamp is too far in the future',
    })
  })

  test('series with invalid labels are left out and counted', () => {
    const storage = new FakeStorage()
    const received = send(
      storage,
      body([
        [[['job', 'x']], [[1, NOW]]],
        [
          [
            ['__name__', 'a'],
            ['x', '1'],
            ['x', '2'],
          ],
          [
            [1, NOW],
            [2, NOW],
          ],
        ],
        series('good', [1, NOW]),
      ]),
    )
    expect(received).toMatchObject({ status: 204, samples: 1, invalidLabelSamples: 3 })
    expect(storage.rows.length).toBe(1)
  })

  test('broken bodies are refused with the text of the original', () => {
    const f = (bytes: Uint8Array, error: string) =>
      expect(send(new FakeStorage(), bytes)).toMatchObject({ status: 400, error })
    f(Uint8Array.of(0xff, 0xff), 'snappy: corrupt input')
    f(compressSnappy(Uint8Array.of(0x0a, 0x7f, 0x01)), 'unexpected EOF')
  })
})

test('a series that comes again is known by its bytes, as long as storage knows it', () => {
  const storage = new FakeStorage()
  let isKnown = true
  let asked = 0
  const receiver = new WriteReceiver({
    appender: () => {
      const appender = storage.appender()
      return {
        ...appender,
        append: (ref, labels, time, value) => {
          if (ref !== 0) asked++
          // Refs are per appender here, so a known series is found by its only row's name.
          const named = labels.size > 0 ? labels : undefined
          if (!named) storage.rows.push(['by ref', time, value])
          return named ? appender.append(0, named, time, value) : ref
        },
      }
    },
    seed: () => new Uint8Array(8),
    isLive: () => isKnown,
  })
  const labels: [string, string][] = [
    ['__name__', 'a'],
    ['job', 'j'],
  ]
  receiver.receive(body([[labels, [[1, NOW]]]]), NOW)
  receiver.receive(body([[labels, [[2, NOW + 1]]]]), NOW)
  isKnown = false
  receiver.receive(body([[labels, [[3, NOW + 2]]]]), NOW)
  expect(storage.rows).toEqual([
    ['{__name__="a", job="j"}', NOW, 1],
    ['by ref', NOW + 1, 2],
    ['{__name__="a", job="j"}', NOW + 2, 3],
  ])
  expect(asked).toBe(1)
})

test('stale markers, negative times and broken pieces are read as they were meant', () => {
  const storage = new FakeStorage()
  const receiver = new WriteReceiver({
    appender: () => storage.appender(),
    isLive: () => true,
    seed: () => new Uint8Array(8),
  })
  const writer = new MessageWriter()
  writer.message(1, (one) => {
    one.message(1, (label) => label.string(1, '__name__').string(2, 'a'))
    one.message(2, (sample) => sample.double(1, 1.5).varint(2, -5))
    one.message(2, (sample) => {
      const stale = Buffer.from('09020000000000f07f', 'hex')
      sample.raw(stale).varint(2, 1000)
    })
  })
  receiver.receive(compressSnappy(writer.finish()), NOW)
  expect(storage.rows).toEqual([
    ['{__name__="a"}', -5, 1.5],
    ['{__name__="a"}', 1000, 'stale'],
  ])
  const whole = writer.finish()
  for (let size = 1; size < whole.length; size++) {
    const { status } = receiver.receive(compressSnappy(whole.subarray(0, size)), NOW)
    expect([204, 400]).toContain(status)
  }
})
