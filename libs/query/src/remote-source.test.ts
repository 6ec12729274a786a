import { Labels, Matcher } from '@prom/labels'
import { MemoryStorage, type SampleColumns } from '@prom/storage'
import { type RemoteSelected, type RemoteSeries, RemoteSource } from './remote-source.ts'

const series = (name: string, ...rows: [number, number][]): RemoteSeries => ({
  labels: ['__name__', name],
  times: Float64Array.from(rows, ([time]) => time),
  values: Float64Array.from(rows, ([, value]) => value),
})

function source(selected: RemoteSelected, count = 1) {
  const storage = new MemoryStorage()
  const appender = storage.appender()
  appender.append(0, Labels.from({ __name__: 'b' }), 2000, 2)
  appender.append(0, Labels.from({ __name__: 'b' }), 4000, 4)
  appender.commit()
  let asked = 0
  const merged = new RemoteSource({
    local: storage,
    localStartMs: () => 7,
    count: () => count,
    select: ({ matchers, localStartMs }) => {
      asked++
      expect([matchers, localStartMs]).toEqual([[{ type: '!=', name: 'x', value: 'y' }], 7])
      return selected
    },
  })
  const querier = merged.querier(0, 9000)
  const set = querier.select([new Matcher('!=', 'x', 'y')], { mint: 0, maxt: 9000 })
  const print = ({ times, values, start, end }: SampleColumns) =>
    [...times.subarray(start, end)].map((time, i) => `${values[start + i]}@${time}`).join(' ')
  const rows: string[] = []
  for (let i = 0; i < set.length; i++) rows.push(`${set.labels(i)} ${print(set.samples(i))}`)
  return { rows, warnings: querier.warnings, asked, querier }
}

test('series of several storages are merged by labels and time; what is stored here wins', () => {
  const { rows, warnings } = source({
    sets: [
      [series('a', [1000, 1]), series('b', [1000, 10], [2000, 20])],
      [series('b', [3000, 30], [9000, 90]), series('c', [5000, 5])],
    ],
    warnings: ['far away', 'far away'],
  })
  expect(rows).toEqual([
    '{__name__="a"} 1@1000',
    '{__name__="b"} 10@1000 2@2000 30@3000 4@4000 90@9000',
    '{__name__="c"} 5@5000',
  ])
  expect(warnings).toEqual(['far away'])
})

test('without remote storages nobody is asked', () => {
  const { rows, asked } = source({ sets: [[series('a', [1, 1])]], warnings: [] }, 0)
  expect([rows, asked]).toEqual([['{__name__="b"} 2@2000 4@4000'], 0])
})

test('names and values are those stored here, with a word about it', () => {
  const { querier } = source({ sets: [], warnings: [] })
  expect(querier.labelNames([], { mint: 0, maxt: 9000 })).toEqual(['__name__'])
  expect(querier.labelValues('__name__', [], { mint: 0, maxt: 9000 })).toEqual(['b'])
  expect(querier.warnings).toEqual(['not implemented'])
})
