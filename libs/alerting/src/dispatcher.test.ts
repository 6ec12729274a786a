import { NotifyError } from '@prom/receivers'
import { parser, SECOND, setUp } from './testing/set-up.ts'
import { TimeInterval } from './time-interval.ts'

test('a group waits, collects, then repeats at group intervals only when there is news', async () => {
  const t = setUp()
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(10 * SECOND)
  t.post({ alertname: 'A', i: '2' })
  await t.clock.advance(300 * SECOND) // One more came in: told at 330.
  t.post({ alertname: 'A', i: '3' })
  await t.clock.advance(4000 * SECOND)
  expect(t.summary()).toEqual([
    [30, 'first notification', ['1+', '2+']],
    [330, 'new alerts added', ['1+', '2+', '3+']],
    [330 + 3900, 'repeat interval elapsed', ['1+', '2+', '3+']],
  ])
  await t.end()
})

test('resolved alerts are told once, then forgotten, and a new group begins with its wait', async () => {
  const t = setUp()
  t.post({ alertname: 'A', i: '1' })
  t.post({ alertname: 'A', i: '2' })
  await t.clock.advance(40 * SECOND)
  t.post({ alertname: 'A', i: '1' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(300 * SECOND)
  t.post({ alertname: 'A', i: '2' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(300 * SECOND)
  expect([...t.dispatcher.groups()]).toEqual([])
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(31 * SECOND)
  expect(t.summary()).toEqual([
    [30, 'first notification', ['1+', '2+']],
    [330, 'some alerts resolved', ['1-', '2+']],
    [630, 'all alerts resolved', ['2-']],
    [670, 'first notification', ['1+']],
  ])
  await t.end()
})

test('without send_resolved only firing alerts are sent, but the log remembers the end', async () => {
  const t = setUp({ sendResolved: false })
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(40 * SECOND)
  t.post({ alertname: 'A', i: '1' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(300 * SECOND)
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(40 * SECOND)
  expect(t.summary()).toEqual([
    [30, 'first notification', ['1+']],
    [370, 'first notification', ['1+']],
  ])
  await t.end()
})

test('an alert that has waited long enough is told at once', async () => {
  const t = setUp()
  t.post({ alertname: 'A', i: '1' }, { startsAtMs: t.clock.now() - 31 * SECOND })
  await t.clock.advance(0)
  expect(t.summary()).toEqual([[0, 'first notification', ['1+']]])
  await t.end()
})

test('alerts stored before the dispatcher began are taken up, not before the start delay', async () => {
  const t = setUp({ startDelayMs: 60 * SECOND })
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(59 * SECOND)
  expect(t.sent).toEqual([])
  await t.clock.advance(SECOND)
  expect(t.summary()).toEqual([[60, 'first notification', ['1+']]])
  await t.end()
})

test('silenced and inhibited alerts are left out; their end under a silence is never told', async () => {
  const t = setUp()
  const silence = (value: string) =>
    t.silences.set({
      id: '',
      matcherSets: [[{ type: '=', name: 'i', pattern: value }]],
      startsAtMs: t.clock.now(),
      endsAtMs: t.clock.now() + 1e8,
      createdBy: '',
      comment: '',
      annotations: new Map(),
    })
  t.post({ alertname: 'A', i: '1', severity: 'critical' })
  t.post({ alertname: 'A', i: '2', severity: 'warning' })
  t.post({ alertname: 'A', i: '3' })
  silence('3')
  await t.clock.advance(30 * SECOND)
  expect(t.summary()).toEqual([[30, 'first notification', ['1+']]])
  expect(t.deps.marks.state([...t.store.all()][1]?.fingerprint as string)).toBe('suppressed')
  silence('1')
  t.post({ alertname: 'A', i: '1', severity: 'critical' }, { endsAtMs: t.clock.now() })
  await t.clock.advance(300 * SECOND)
  expect(t.summary().slice(1)).toEqual([[330, 'new alerts added', ['2+']]])
  await t.end()
})

test('time intervals hold back whole groups and say so', async () => {
  const always = new TimeInterval('always', [
    { times: [], weekdays: [], daysOfMonth: [], months: [], years: [], location: undefined },
  ])
  const t = setUp({
    intervals: new Map([['always', always]]),
    route: {
      routes: [
        { matchers: parser.parseList('alertname="M"', 't'), muteTimeIntervals: ['always'] },
        { matchers: parser.parseList('alertname="B"', 't'), activeTimeIntervals: ['always'] },
      ],
    },
  })
  t.post({ alertname: 'M' })
  t.post({ alertname: 'B' })
  await t.clock.advance(31 * SECOND)
  expect(t.summary()).toEqual([[30, 'first notification', ['B+']]])
  expect([...t.dispatcher.groups()].map(({ mutedBy }) => mutedBy)).toEqual([['always'], []])
  await t.end()
})

test('failures are tried again with growing pauses until the flush is over, then at the next flush', async () => {
  let isBroken = true
  const t = setUp({
    route: { groupIntervalMs: 20 * SECOND },
    fail: () => (isBroken ? new NotifyError('no route', { canRetry: true }) : undefined),
  })
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(50 * SECOND)
  const errors = t.log.lines.filter(({ level }) => level === 'error')
  expect(String(errors[0]?.fields.err)).toMatch(
    /^Error: r\/webhook\[0\]: notify retry canceled after \d+ attempts: no route$/,
  )
  const warnings = t.log.lines.filter(({ level }) => level === 'warn')
  // One per flush, however many attempts; at 50 the second flush has begun.
  expect(warnings.map(({ message }) => message)).toEqual(
    Array(2).fill('Notify attempt failed, will retry later'),
  )
  isBroken = false
  await t.clock.advance(20 * SECOND)
  expect(t.summary()).toHaveLength(1)
  await t.end()
})

test('a fault that cannot be mended ends the flush at once', async () => {
  let attempts = 0
  const t = setUp({
    fail: () => {
      attempts++
      return new NotifyError('gone', { canRetry: false, reason: 'clientError' })
    },
  })
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(31 * SECOND)
  expect(attempts).toBe(1)
  expect(String(t.log.lines.at(-1)?.fields.err)).toContain(
    'r/webhook[0]: notify retry canceled due to unrecoverable error after 1 attempts: gone',
  )
  const failed = t.metrics
    .gather()
    .find(({ name }) => name === 'alertmanager_notifications_failed_total')
  expect(failed?.points).toEqual([
    { labels: ['integration', 'webhook', 'reason', 'clientError'], value: 1 },
  ])
  await t.end()
})

test('later peers wait their turn and stay silent when an earlier one has told', async () => {
  const peer = { position: () => 2, settled: async () => {} }
  const t = setUp({ peer })
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(59 * SECOND)
  expect(t.sent).toEqual([])
  await t.clock.advance(SECOND)
  expect(t.summary()).toEqual([[60, 'first notification', ['1+']]])
  await t.end()
})

test('stopping cancels what is being sent and waits for it', async () => {
  const t = setUp({ fail: () => new NotifyError('busy', { canRetry: true }) })
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(31 * SECOND)
  await t.end()
  expect(t.log.lines.at(-1)).toMatchObject({ level: 'debug', message: 'Notify for alerts failed' })
  expect(t.clock.sleeping).toBe(0)
})
