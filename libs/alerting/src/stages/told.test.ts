import { SECOND, setUp } from '../testing/set-up.ts'

type Setup = ReturnType<typeof setUp>

const silenceOf = (t: Setup, name: string, value: string) =>
  t.silences.set({
    id: '',
    matcherSets: [[{ type: '=', name, pattern: value }]],
    startsAtMs: t.clock.now(),
    endsAtMs: t.clock.now() + 1e8,
    createdBy: 'me',
    comment: 'c',
    annotations: new Map(),
  })

const told = { tellsSilencedEnds: true }

test('an alert that ends under a silence is told, once, to a receiver that wants it', async () => {
  const t = setUp(told)
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(40 * SECOND)
  silenceOf(t, 'i', '1')
  await t.clock.advance(300 * SECOND)
  t.post({ alertname: 'A', i: '1' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(1000 * SECOND)
  expect(t.summary()).toEqual([
    [30, 'first notification', ['1+']],
    [630, 'all alerts resolved', ['1-']],
  ])
  expect([...t.dispatcher.groups()]).toEqual([])
  await t.end()
})

test('without the option such an end is not told', async () => {
  const t = setUp()
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(40 * SECOND)
  silenceOf(t, 'i', '1')
  t.post({ alertname: 'A', i: '1' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(1000 * SECOND)
  expect(t.summary()).toEqual([[30, 'first notification', ['1+']]])
  await t.end()
})

test('an alert that was silenced all its life is never told', async () => {
  const t = setUp(told)
  silenceOf(t, 'i', '1')
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(40 * SECOND)
  t.post({ alertname: 'A', i: '1' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(1000 * SECOND)
  expect(t.summary()).toEqual([])
  await t.end()
})

test('what was told before stays known while the rest of the group changes', async () => {
  const t = setUp(told)
  t.post({ alertname: 'A', i: '1' })
  t.post({ alertname: 'A', i: '2' })
  await t.clock.advance(40 * SECOND)
  silenceOf(t, 'i', '1')
  t.post({ alertname: 'A', i: '3' })
  await t.clock.advance(300 * SECOND)
  t.post({ alertname: 'A', i: '1' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(1000 * SECOND)
  expect(t.summary()).toEqual([
    [30, 'first notification', ['1+', '2+']],
    [330, 'new alerts added', ['2+', '3+']],
    [630, 'some alerts resolved', ['1-', '2+', '3+']],
  ])
  await t.end()
})
