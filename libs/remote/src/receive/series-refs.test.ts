import { seededRandom } from '@prom/testkit'
import { SeriesRefs } from './series-refs.ts'

const COUNT = 300_000
const seed = seededRandom(11).bytes(8)

/** Of so many random 32-bit numbers this many are expected to be there already. */
const EXPECTED_REPEATS = COUNT ** 2 / 2 ** 33

test('texts that differ little have hashes that differ, and each half is as good as random', () => {
  const refs = new SeriesRefs(seed)
  const highs = new Set<number>()
  const lows = new Set<number>()
  const both = new Set<string>()
  for (let i = 0; i < COUNT; i++) {
    const text = Buffer.from(
      `instance=10.0.${i % 50}.${i % 7}:9100,path=/api/v1/${i},pod=p-${i % 100}`,
    )
    refs.hash(new DataView(text.buffer, text.byteOffset, text.length), 0, text.length)
    highs.add(refs.high)
    lows.add(refs.low)
    both.add(`${refs.high} ${refs.low}`)
  }
  expect(both.size).toBe(COUNT)
  expect(COUNT - highs.size).toBeLessThan(EXPECTED_REPEATS * 3)
  expect(COUNT - lows.size).toBeLessThan(EXPECTED_REPEATS * 3)
})

test('so have combinations of texts', () => {
  const refs = new SeriesRefs(seed)
  const texts = 700
  const high = new Int32Array(texts)
  const low = new Int32Array(texts)
  for (let i = 0; i < texts; i++) {
    const text = Buffer.from(`v${i}`)
    refs.hash(new DataView(text.buffer, text.byteOffset, text.length), 0, text.length)
    high[i] = refs.high
    low[i] = refs.low
  }
  const highs = new Set<number>()
  const lows = new Set<number>()
  const both = new Set<string>()
  const list = new Uint32Array(8)
  let count = 0
  for (let a = 0; a < texts && count < COUNT; a++) {
    for (let b = 0; b < texts && count < COUNT; b++, count++) {
      list.set([0, a, 1, b])
      refs.combine(list, 4, high, low)
      highs.add(refs.high)
      lows.add(refs.low)
      both.add(`${refs.high} ${refs.low}`)
    }
  }
  expect(both.size).toBe(COUNT)
  expect(COUNT - highs.size).toBeLessThan(EXPECTED_REPEATS * 3)
  expect(COUNT - lows.size).toBeLessThan(EXPECTED_REPEATS * 3)
})

test('refs are found as they were set, through growth and change', () => {
  const refs = new SeriesRefs(seed)
  for (let i = 1; i <= 50_000; i++) refs.set(Math.imul(i, 7919), i ^ 0x55, i)
  refs.set(7919, 1 ^ 0x55, 123)
  expect(refs.find(7919, 1 ^ 0x55)).toBe(123)
  expect(refs.find(Math.imul(50_000, 7919), 50_000 ^ 0x55)).toBe(50_000)
  expect(refs.find(1, 2)).toBe(0)
})
