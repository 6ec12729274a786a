import { Labels } from '@prom/labels'
import { MetadataCache } from './metric-metadata.ts'
import { SeriesMetadata } from './series-metadata.ts'

test('series get the metadata of their family when either is new', () => {
  const names = ['', 'jobs', 'jobs_total', 'size_bucket', 'size_total', 'a_b_sum', 'other']
  const set: string[] = []
  const head = {
    takesMetadata: true,
    labelsOf: (ref: number) => Labels.from({ __name__: names[ref] ?? '' }),
    setMetadata: (ref: number, { type, help }: { type: string; help: string }) => {
      set.push(`${names[ref]} ${type} ${help}`)
    },
  }
  const cache = new MetadataCache()
  cache.set('type', 'jobs', 'counter')
  cache.set('help', 'jobs', 'Jobs.')
  cache.set('type', 'size', 'histogram')
  cache.set('type', 'a_b', 'summary')
  const metadata = new SeriesMetadata()
  const update = (hasNewSeries: boolean) => {
    set.length = 0
    metadata.update(head, cache, [1, 2, 3, 4, 5, 6], hasNewSeries)
    return [...set]
  }
  const all = ['jobs counter Jobs.', 'jobs_total counter Jobs.', 'size_bucket histogram ']
  expect(update(false)).toEqual([...all, 'a_b_sum summary '])
  expect(update(false)).toEqual([])
  expect(update(true)).toHaveLength(4)
  cache.set('help', 'jobs', 'Jobs.')
  expect(update(false)).toEqual([])
  cache.set('help', 'jobs', 'All jobs.')
  expect(update(false)).toContain('jobs counter All jobs.')
  head.takesMetadata = false
  expect(update(true)).toEqual([])
})
