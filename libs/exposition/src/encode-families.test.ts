import type { MetricFamily } from '@prom/metrics'
import { decodeFamilies, decodeFamily, encodeFamilies, encodeFamily } from './index.ts'

const families: MetricFamily[] = [
  {
    name: 'g',
    help: 'A gauge.',
    type: 'gauge',
    points: [{ labels: ['a', '', 'b', 'ü'], value: -0.5 }],
  },
  { name: 'c', help: undefined, type: 'counter', points: [{ labels: [], value: 0, timeMs: 12 }] },
  {
    name: 's',
    help: '',
    type: 'summary',
    points: [
      { labels: [], value: { count: 0, sum: 1, quantiles: [{ quantile: 0.5, value: NaN }] } },
    ],
  },
  {
    name: 'h',
    help: 'H.',
    type: 'histogram',
    points: [
      {
        labels: [],
        value: {
          count: 3,
          sum: 4,
          buckets: [
            { le: 1, count: 0 },
            { le: Infinity, count: 3 },
          ],
        },
      },
    ],
  },
  {
    name: 'n',
    help: 'Native.',
    type: 'histogram',
    points: [
      {
        labels: ['x', 'y'],
        value: {
          count: 9,
          sum: 2,
          buckets: [],
          native: {
            kind: 'int',
            counterResetHint: 'unknown',
            schema: -2,
            zeroThreshold: 0.001,
            zeroCount: 2,
            count: 9,
            sum: 2,
            positiveSpans: [{ offset: -3, length: 2 }],
            negativeSpans: [],
            positiveDeltas: [4, -1],
            negativeDeltas: [],
            customValues: [],
          },
        },
      },
    ],
  },
]

test('what is written reads back the same', () => {
  expect(decodeFamilies(encodeFamilies(families))).toEqual(families)
})

test('a message has the bytes of the original', () => {
  const family: MetricFamily = {
    name: 'x',
    help: 'help x',
    type: 'gauge',
    points: [{ labels: ['l', '1'], value: 1 }],
  }
  const hex = '0a0178120668656c702078180122130a060a016c1201311209090' + '00000000000f03f'
  expect(Buffer.from(encodeFamily(family)).toString('hex')).toBe(hex)
})

test('broken bytes throw and never hang', () => {
  const bytes = encodeFamily(families[4] as MetricFamily)
  for (let size = 1; size < bytes.length; size++) {
    try {
      decodeFamily(bytes.subarray(0, size))
    } catch (err) {
      expect((err as Error).message).toMatch(/EOF|proto/)
    }
  }
})
