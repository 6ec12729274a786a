import { HISTORY_KINDS, History } from './history.ts'
import { SECOND, setUp } from './testing/set-up.ts'

const all = new Set(HISTORY_KINDS)

const words = (t: ReturnType<typeof setUp>) =>
  t.history.list(all, 100, () => true).map(({ kind, what }) => `${kind} ${what}`)

test('an alert fires, is notified and ends: each once, however often it is posted', async () => {
  const t = setUp()
  t.post({ alertname: 'A' })
  t.post({ alertname: 'A' })
  await t.clock.advance(40 * SECOND)
  t.post({ alertname: 'A' })
  t.post({ alertname: 'A' }, { endsAtMs: t.clock.now() })
  t.post({ alertname: 'A' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(300 * SECOND)
  expect(words(t)).toEqual([
    'notification sent',
    'alert resolved',
    'notification sent',
    'alert fired',
  ])
  await t.end()
})

test('an alert whose end passes without a word is seen to expire when it is removed', async () => {
  const t = setUp()
  const endsAtMs = t.clock.now() + 10 * SECOND
  t.post({ alertname: 'A' }, { endsAtMs })
  await t.clock.advance(20 * SECOND)
  t.store.removeResolved(t.clock.now())
  expect(t.history.list(all, 1, () => true)).toMatchObject([{ what: 'expired', atMs: endsAtMs }])
  await t.end()
})

test('an alert that expired and comes back is seen to do both', async () => {
  const t = setUp()
  t.post({ alertname: 'A' }, { endsAtMs: t.clock.now() + 10 * SECOND })
  await t.clock.advance(20 * SECOND)
  t.post({ alertname: 'A' })
  expect(words(t)).toEqual(['alert fired', 'alert expired', 'alert fired'])
  await t.end()
})

test('each kind has room of its own, and no more than it was given', () => {
  const history = new History(10)
  const t = setUp()
  t.post({ alertname: 'A' })
  const alert = [...t.store.all()][0]
  if (!alert) throw new Error('no alert')
  history.silence('created', {} as never, 1)
  for (let i = 0; i < 1000; i++) history.alert('fired', alert, i)
  const kept = history.list(all, 10_000, () => true)
  expect(kept[0]?.atMs).toBe(999)
  expect(kept.length).toBeLessThan(100)
  expect(kept.at(-1)?.kind).toBe('silence')
  return t.end()
})
