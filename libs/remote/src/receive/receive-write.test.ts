import { compressSnappy } from '@prom/compress'
import type { Labels } from '@prom/labels'
import { MessageWriter } from '@prom/protobuf'
import { AppendError, type Appender } from '@prom/storage'
import { receiveWrite } from './receive-write.ts'

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
  receiveWrite(bytes, { appender: () => storage.appender(), nowMs: NOW })

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
    expect(received).toEqual({ status: 204, error: '', samples: 3, invalidLabelSamples: 0 })
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
