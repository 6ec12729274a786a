import { Labels } from '@prom/labels'
import { explain, explainRoutes, type RouteStep } from './explain.ts'
import { Route } from './route.ts'
import { parser, SECOND, setUp } from './testing/set-up.ts'
import { TimeInterval } from './time-interval.ts'

const matchers = (text: string) => parser.parseList(text, 'test')

const ROUTE = {
  receiver: 'r',
  routes: [
    { matchers: matchers('team="a"'), receiver: 'a', continues: true },
    { matchers: matchers('team=~"a|b",sev="x"'), receiver: 'b' },
    { matchers: matchers('team="a"'), receiver: 'c' },
  ],
}

const words = ({ route, verdict, failed, isDestination, routes }: RouteStep): unknown => [
  `${route.options.receiver} ${verdict}${isDestination ? ' !' : ''}${failed ? ` ${failed.name}` : ''}`,
  ...routes.map(words),
]

test('each route says whether it took the labels, or why not', () => {
  const f = (labels: Record<string, string>, expected: unknown) =>
    expect(words(explainRoutes(new Route(ROUTE), Labels.from(labels)))).toEqual(expected)
  f({ team: 'c' }, ['r matched !', ['a failed team'], ['b failed sev'], ['c failed team']])
  f({ team: 'a', sev: 'x' }, ['r matched', ['a matched !'], ['b matched !'], ['c skipped']])
  f({ team: 'a' }, ['r matched', ['a matched !'], ['b failed sev'], ['c matched !']])
})

const explained = (t: ReturnType<typeof setUp>, labels: Record<string, string>) =>
  explain(Labels.from(labels), t.clock.now(), {
    ...t.deps,
    store: t.store,
    dispatcher: t.dispatcher,
    inhibitRules: t.inhibitRules,
    integrations: t.deps.receivers,
  })

test('an alert nobody posted is explained as the first of its group', async () => {
  const t = setUp()
  await t.clock.advance(0)
  const found = explained(t, { alertname: 'A' })
  expect(found.alert).toBeUndefined()
  expect(found.destinations).toMatchObject([
    {
      groupKey: '{}:{alertname="A"}',
      group: undefined,
      nextFlushAtMs: t.clock.now() + 30 * SECOND,
      integrations: [{ name: 'webhook', last: undefined, reason: 'first notification' }],
    },
  ])
  await t.end()
})

test('the next flush and the next repeat of a group are where they will be', async () => {
  const t = setUp()
  t.post({ alertname: 'A', i: '1' })
  await t.clock.advance(100 * SECOND)
  const startMs = t.clock.now() - 100 * SECOND
  const [to] = explained(t, { alertname: 'A', i: '1' }).destinations
  expect(to?.nextFlushAtMs).toBe(startMs + 330 * SECOND)
  expect(to?.integrations[0]).toMatchObject({
    reason: undefined,
    // Sent at 30, repeated at the first flush an hour later: 330 + 11 * 300 = 3630.
    repeatAtMs: startMs + 3630 * SECOND,
  })
  expect(explained(t, { alertname: 'A', i: '2' }).destinations[0]?.integrations[0]?.reason).toBe(
    'new alerts added',
  )
  await t.end()
})

test('inhibition names the rule and the source', async () => {
  const t = setUp()
  t.post({ alertname: 'A', severity: 'critical' })
  t.post({ alertname: 'A', severity: 'warning' })
  const found = explained(t, { alertname: 'A', severity: 'warning' })
  expect(found.inhibitedBy?.ruleIndex).toBe(0)
  expect(found.inhibitedBy?.source.labels.get('severity')).toBe('critical')
  expect(explained(t, { alertname: 'A', severity: 'critical' }).inhibitedBy).toBeUndefined()
  await t.end()
})

test('a muting time interval is named, and nothing is sent in it', async () => {
  const always = { times: [], weekdays: [], daysOfMonth: [], months: [], years: [] }
  const intervals = new Map([
    ['always', new TimeInterval('always', [{ ...always, location: undefined }])],
  ])
  const route = {
    routes: [{ matchers: matchers('a="1"'), muteTimeIntervals: ['always'] }],
  }
  const t = setUp({ route, intervals })
  t.post({ alertname: 'A', a: '1' })
  const [to] = explained(t, { alertname: 'A', a: '1' }).destinations
  expect(to?.mutedBy).toEqual(['always'])
  expect(to?.integrations[0]?.reason).toBeUndefined()
  await t.end()
})
