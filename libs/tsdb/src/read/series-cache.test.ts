import { type CachedSeries, SeriesCache } from './series-cache.ts'

function setUp(values: number) {
  const cache = new SeriesCache(new Float64Array(values))
  cache.enter(1)
  const add = (chunk: number, times: readonly number[]): CachedSeries | undefined => {
    const series = cache.add(times.length)
    if (!series) return undefined
    cache.addChunk(series, chunk, times.length)
    return cache.setTimes(series, Float64Array.from(times), 0, times.length) ? series : undefined
  }
  const has = (...chunks: number[]) => cache.find(Uint32Array.from(chunks), chunks.length)
  return { cache, add, has }
}

const ten = (from: number) => Array.from({ length: 10 }, (_, i) => from + i)

test('series with the same times share them, others do not', () => {
  const { add } = setUp(10_000)
  const [a, b, c] = [add(1, ten(0)), add(2, ten(0)), add(3, [...ten(0).slice(0, 9), 99])]
  expect(a?.column).toBe(b?.column)
  expect(c?.column).not.toBe(a?.column)
  expect([...(c?.column.times.subarray(0, 10) ?? [])]).toEqual([...ten(0).slice(0, 9), 99])
})

test('times that go on differently part ways', () => {
  const { cache, add } = setUp(10_000)
  const [a, b] = [add(1, ten(0)), add(2, ten(0))] as [CachedSeries, CachedSeries]
  const later = (last: number) => Float64Array.from([...ten(0), last])
  expect(cache.setTimes(a, later(10), 10, 11)).toBe(true)
  expect(cache.setTimes(b, later(20), 10, 11)).toBe(true)
  expect([a.column.times[10], b.column.times[10]]).toEqual([10, 20])
  expect(b.column.times[3]).toBe(3)
})

test('a request is found from any of its chunks on, as far as they are known', () => {
  const { cache, add, has } = setUp(10_000)
  const series = add(1, ten(0)) as CachedSeries
  cache.addChunk(series, 2, 5)
  expect(has(1, 2)).toMatchObject({ offset: 0, known: 2, next: undefined })
  expect(has(2, 3)).toMatchObject({ offset: 10, known: 1, next: undefined })
  expect(has(1)).toMatchObject({ known: 1, next: 2 })
  expect(has(1, 3)).toBeUndefined()
  expect(has(3)).toBeUndefined()
})

test('the oldest series make room, but not for the query that has used them', () => {
  const { cache, has } = setUp(40)
  const add = (chunk: number) => {
    const series = cache.add(10)
    if (series) cache.addChunk(series, chunk, 10)
    return series
  }
  for (let chunk = 1; chunk <= 4; chunk++) expect(add(chunk)).toBeDefined()
  expect(add(5)).toBeUndefined()
  cache.enter(1)
  expect(has(1)).toBeDefined()
  expect(add(5)).toBeUndefined() // The oldest one is in use.
  cache.enter(1)
  expect(add(5)).toBeDefined()
  expect([1, 2, 3, 4, 5].filter((chunk) => has(chunk))).toEqual([2, 3, 4, 5])
  cache.enter(2)
  expect(has(2)).toBeUndefined()
})

test('nothing takes more than its part of the room', () => {
  const { cache } = setUp(40)
  expect(cache.add(11)).toBeUndefined()
  expect(cache.add(10)).toBeDefined()
})
