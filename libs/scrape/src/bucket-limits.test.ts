import { type Histogram, makeFloatHistogram } from '@prom/histogram'
import { limitBuckets } from './bucket-limits.ts'

const int = (deltas: readonly number[], schema = 3): Histogram => ({
  kind: 'int',
  counterResetHint: 'unknown',
  schema,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 10,
  sum: 1,
  positiveSpans: [{ offset: 1, length: deltas.length }],
  negativeSpans: [],
  positiveDeltas: deltas,
  negativeDeltas: [],
  customValues: [],
})

describe('limitBuckets', () => {
  test('leaves what fits', () => {
    const histogram = int([1, 1, 1, 1])
    expect(limitBuckets(histogram, { nativeBucketsMax: 4, nativeFactorMin: 0 })).toBe(histogram)
  })

  test('halves the resolution until the buckets fit', () => {
    // Buckets 1..4 hold 1, 2, 3, 4; one schema coarser 1..2 hold 3 and 7.
    expect(
      limitBuckets(int([1, 1, 1, 1]), { nativeBucketsMax: 3, nativeFactorMin: 0 }),
    ).toMatchObject({
      schema: 2,
      positiveSpans: [{ offset: 1, length: 2 }],
      positiveDeltas: [3, 4],
    })
    const float = makeFloatHistogram({
      schema: 1,
      positiveSpans: [{ offset: 0, length: 2 }],
      positiveBuckets: [1, 2],
      negativeSpans: [{ offset: 1, length: 2 }],
      negativeBuckets: [4, 5],
    })
    expect(limitBuckets(float, { nativeBucketsMax: 3, nativeFactorMin: 0 })).toMatchObject({
      schema: 0,
      positiveBuckets: [1, 2],
      negativeBuckets: [9],
    })
  })

  test('makes buckets as wide as asked', () => {
    const f = (factor: number, schema: number) =>
      expect(
        limitBuckets(int([1, 1], 8), { nativeBucketsMax: 0, nativeFactorMin: factor }).schema,
      ).toBe(schema)
    f(1.1, 2)
    f(2, 0)
    f(1.001, 8)
    f(65536, -4)
  })

  test('fails the scrape when nothing more can be merged', () => {
    const custom = { ...int([1, 1, 1]), schema: -53, customValues: [1, 2] }
    expect(() => limitBuckets(custom, { nativeBucketsMax: 2, nativeFactorMin: 0 })).toThrow(
      'histogram bucket limit exceeded',
    )
  })
})
