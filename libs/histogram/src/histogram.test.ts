import {
  addHistograms,
  divideHistogram,
  exponentialBound,
  type FloatHistogram,
  HistogramSum,
  histogramFraction,
  histogramJson,
  histogramQuantile,
  isCounterReset,
  makeFloatHistogram,
  printHistogram,
  subtractHistograms,
  toFloatHistogram,
  trimHistogram,
} from './index.ts'

const make = (fields: Partial<FloatHistogram>) => makeFloatHistogram(fields)
const three = make({
  count: 4,
  sum: 5,
  positiveSpans: [{ offset: 0, length: 3 }],
  positiveBuckets: [1, 2, 1],
})

test('bounds are those of the original, to the last bit', () => {
  expect(exponentialBound(0, 3)).toBe(8)
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: one bit below the square root of 2.
  expect(exponentialBound(1, 1)).toBe(1.414213562373095)
  expect(exponentialBound(8, 1)).toBe(1.0027112750502025)
  expect(exponentialBound(8, 5)).toBe(1.0136300849514894)
  expect(exponentialBound(-2, 2)).toBe(256)
  expect(exponentialBound(0, 1024)).toBe(Number.MAX_VALUE)
  expect(exponentialBound(0, -1074)).toBe(5e-324)
})

test('adding meets at the coarser schema and the wider zero bucket', () => {
  const fine = make({
    schema: 1,
    count: 3,
    sum: 1,
    zeroThreshold: 0.5,
    zeroCount: 1,
    positiveSpans: [{ offset: 1, length: 2 }],
    positiveBuckets: [1, 1],
  })
  const { histogram } = addHistograms(three, fine) ?? {}
  expect(histogram).toMatchObject({ schema: 0, count: 7, sum: 6, zeroThreshold: 0.5, zeroCount: 1 })
  expect(histogram?.positiveBuckets).toEqual([1, 4, 1])
  expect(subtractHistograms(histogram as FloatHistogram, fine)?.histogram.positiveBuckets).toEqual([
    1, 2, 1,
  ])
})

test('custom bounds are reduced to the common ones, and never mixed with exponential ones', () => {
  const custom = (customValues: number[], positiveBuckets: number[]) =>
    make({
      schema: -53,
      customValues,
      positiveSpans: [{ offset: 0, length: positiveBuckets.length }],
      positiveBuckets,
    })
  const sum = addHistograms(custom([1, 2, 3], [1, 2, 3, 4]), custom([2], [5, 6]))
  expect(sum?.isRebucketed).toBe(true)
  expect(sum?.histogram).toMatchObject({ customValues: [2], positiveBuckets: [8, 13] })
  expect(addHistograms(custom([1], [1, 1]), three)).toBeUndefined()
})

test('hints of a sum', () => {
  const f = (
    a: FloatHistogram['counterResetHint'],
    b: typeof a,
    hint: typeof a,
    conflict = false,
  ) => {
    const sum = addHistograms({ ...three, counterResetHint: a }, { ...three, counterResetHint: b })
    expect([sum?.histogram.counterResetHint, sum?.hasConflict]).toEqual([hint, conflict])
  }
  f('gauge', 'reset', 'gauge')
  f('unknown', 'reset', 'unknown')
  f('not_reset', 'not_reset', 'not_reset')
  f('reset', 'not_reset', 'unknown', true)
})

test('a reset is a hint, or anything that shrank', () => {
  const next = { ...three, count: 5, positiveBuckets: [1, 3, 1] }
  expect(isCounterReset(next, three)).toBe(false)
  expect(isCounterReset({ ...next, counterResetHint: 'reset' }, three)).toBe(true)
  expect(isCounterReset({ ...three, count: 5, positiveBuckets: [0, 4, 1] }, three)).toBe(true)
  expect(isCounterReset({ ...next, schema: 1 }, three)).toBe(true)
  expect(isCounterReset({ ...three, counterResetHint: 'not_reset' }, next)).toBe(false)
})

test('quantiles interpolate logarithmically, fractions are their inverse', () => {
  expect(histogramQuantile(0.5, three)).toBeCloseTo(2 ** 0.5, 12)
  expect(histogramQuantile(2, three)).toBe(Number.POSITIVE_INFINITY)
  expect(histogramQuantile(0.5, make({}))).toBeNaN()
  expect(histogramFraction(0, 2 ** 0.5, three)).toBeCloseTo(0.5, 12)
  expect(histogramFraction(2, 1, three)).toBe(0)
})

test('a mean survives sums that overflow', () => {
  const huge = { ...three, count: 1.5e308 }
  const mean = new HistogramSum(huge, true)
  mean.add(huge)
  mean.add({ ...three, count: 0 })
  expect(mean.result().count).toBeCloseTo(1e308, -297)
  expect(mean.result().positiveBuckets).toEqual([1, 2, 1])
})

test('dividing by zero leaves no buckets', () => {
  const divided = divideHistogram(three, 0)
  expect(divided).toMatchObject({ count: Number.POSITIVE_INFINITY, positiveBuckets: [] })
})

test('trimming splits the bucket around the limit', () => {
  const below = trimHistogram(three, 2 ** 0.5, 'below')
  expect(below.count).toBeCloseTo(2, 12)
  expect(below.positiveBuckets.map((count) => Math.round(count))).toEqual([1, 1])
  expect(trimHistogram(three, 100, 'below')).toBe(three)
})

test('histograms print as strings and as JSON', () => {
  const both = make({
    ...three,
    zeroCount: 1,
    zeroThreshold: 0.25,
    negativeSpans: [{ offset: 1, length: 1 }],
    negativeBuckets: [2],
  })
  expect(printHistogram(both, String)).toBe(
    '{count:4, sum:5, [-2,-1):2, [-0.25,0.25]:1, (0.5,1]:1, (1,2]:2, (2,4]:1}',
  )
  expect(histogramJson(three, String)).toBe(
    '{"count":"4","sum":"5","buckets":[[0,"0.5","1","1"],[0,"1","2","2"],[0,"2","4","1"]]}',
  )
})

test('integer histograms have deltas', () => {
  const { positiveBuckets: _p, negativeBuckets: _n, ...rest } = three
  const whole = { ...rest, kind: 'int', positiveDeltas: [1, 1, -1], negativeDeltas: [] } as const
  expect(toFloatHistogram(whole)).toEqual(three)
})
