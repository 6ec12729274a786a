import { seededRandom } from '@prom/testkit'
import { decodeHistograms, HistogramEncoder } from './index.ts'

const histogram = (schema: number) => ({
  kind: 'int' as const,
  counterResetHint: 'unknown' as const,
  schema,
  zeroThreshold: 0.001,
  zeroCount: 1,
  count: 6,
  sum: 3,
  positiveSpans: [{ offset: 0, length: 2 }],
  negativeSpans: [{ offset: 1, length: 1 }],
  positiveDeltas: [1, 1],
  negativeDeltas: [2],
  customValues: [],
})

test('stored histograms of an impossible schema, flipped and cut ones decode or are refused, in bounded time', () => {
  const random = seededRandom(29)
  let refused = 0
  for (const schema of [0, 8, 9, 52, 53, 127, -10, -1000]) {
    const encoder = new HistogramEncoder(2, histogram(schema), 0)
    for (let i = 0; i < 5; i++) encoder.append(1000 * i, { ...histogram(schema), sum: i })
    const whole = encoder.bytes().slice()
    for (let round = 0; round < 400; round++) {
      const bytes = whole.slice(
        0,
        round % 3 === 0 ? Math.floor(random.next() * whole.length) : undefined,
      )
      if (bytes.length === 0) continue
      const at = Math.floor(random.next() * bytes.length)
      bytes[at] = bytes[at]! ^ (1 << Math.floor(random.next() * 8))
      const decoded = decodeHistograms(round % 2 === 0 ? 2 : 3, bytes)
      if (!decoded) refused++
      else expect(decoded.length).toBeLessThanOrEqual(65_535)
    }
  }
  expect(refused).toBeGreaterThan(100)
})
