import { FakeClock, recordLog, settlePromises } from '@prom/testkit'
import { type Collect, type CollectorDeps, defineCollector, NoDataError } from './collector.ts'
import { CollectorSet } from './collector-set.ts'

function createSet(collectors: Readonly<Record<string, Collect>>) {
  const clock = new FakeClock(0)
  const log = recordLog()
  const set = new CollectorSet({ clock, log })
  for (const [name, collect] of Object.entries(collectors)) {
    set.add(defineCollector({ name, isDefault: true, create: () => collect }), {} as CollectorDeps)
  }
  return { set, clock, log }
}

async function successes(gathered: ReturnType<CollectorSet['gather']>) {
  const families = (await gathered).flat()
  const family = families.find(({ name }) => name === 'node_scrape_collector_success')
  return Object.fromEntries(family?.points.map(({ labels, value }) => [labels[1], value]) ?? [])
}

test('each collector is reported, and one that fails keeps what it had added', async () => {
  const { set, log } = createSet({
    good: (page) => void page.gauge('node_good', 'Good.').add(1),
    absent: () => {
      throw new NoDataError()
    },
    broken: (page) => {
      page.gauge('node_half', 'Half.').add(2)
      throw new Error('cut short')
    },
  })
  const families = (await set.gather()).flat()
  expect(families.map(({ name }) => name)).toEqual([
    'node_half',
    'node_good',
    'node_scrape_collector_duration_seconds',
    'node_scrape_collector_success',
  ])
  expect(await successes(set.gather())).toEqual({ absent: 0, broken: 0, good: 1 })
  const errors = log.lines.filter(({ level }) => level === 'error')
  expect(errors[0]).toMatchObject({
    message: 'collector failed',
    fields: { name: 'broken', err: 'cut short' },
  })
})

test('one that hangs is given up after five seconds and the others are served', async () => {
  const { set, clock } = createSet({
    hung: () => new Promise<void>(() => {}),
    quick: async (page) => void page.gauge('node_quick', 'Quick.').add(1),
  })
  const gathered = set.gather()
  await settlePromises()
  await clock.advance(5000)
  const families = (await gathered).flat()
  expect(families.map(({ name }) => name)).toContain('node_quick')
  expect(await successes(Promise.resolve([families]))).toEqual({ hung: 0, quick: 1 })
})

test('one that still hangs is not started again', async () => {
  let starts = 0
  const { set, clock, log } = createSet({
    hung: () => {
      starts++
      return new Promise<void>(() => {})
    },
  })
  const first = set.gather()
  await settlePromises()
  await clock.advance(5000)
  await first
  expect(await successes(set.gather())).toEqual({ hung: 0 })
  expect(starts).toBe(1)
  expect(log.lines.map(({ fields }) => fields?.err)).toEqual([
    'timed out after 5s',
    'still busy with an earlier scrape',
  ])
})

test('only the collectors asked for run', async () => {
  const { set } = createSet({ a: () => {}, b: () => {} })
  expect(await successes(set.gather(['b']))).toEqual({ b: 1 })
})
