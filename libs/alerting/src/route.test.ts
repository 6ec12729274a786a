import { Labels } from '@prom/labels'
import { MatcherParser } from './matchers/matcher-parser.ts'
import { Route, type RouteSource } from './route.ts'

const parser = new MatcherParser('fallback')
const on = (matchers: string, rest: RouteSource = {}): RouteSource => ({
  matchers: parser.parseList(matchers, 'test'),
  ...rest,
})

const tree = new Route({
  receiver: 'default',
  groupBy: ['alertname'],
  groupWaitMs: 1,
  routes: [
    on('owner="team-A"', {
      receiver: 'A',
      groupWaitMs: 11,
      groupBy: ['foo', 'bar'],
      continues: true,
      labels: new Map([['a', '1']]),
      routes: [
        on('env="testing"', { receiver: 'A-testing', groupBy: [], labels: new Map([['b', '2']]) }),
        on('env="production"', { receiver: 'A-production', groupBy: ['...'], continues: true }),
      ],
    }),
    on('owner=~"team-(A|B)"', { receiver: 'B' }),
    on('z="1",a!="2"', { match: new Map([['m', 'x']]), matchRe: new Map([['b', 'y.*']]) }),
  ],
})

const receivers = (labels: Record<string, string>) =>
  tree.match(Labels.from(labels)).map(({ options }) => options.receiver)

test('an alert goes to the deepest matching routes, and on after continue', () => {
  const f = (labels: Record<string, string>, ...expected: string[]) =>
    expect(receivers(labels)).toEqual(expected)
  f({ owner: 'team-C' }, 'default')
  f({ owner: 'team-A' }, 'A', 'B')
  f({ owner: 'team-B' }, 'B')
  f({ owner: 'team-A', env: 'testing' }, 'A-testing', 'B')
  f({ owner: 'team-A', env: 'production' }, 'A-production', 'B')
  f({}, 'default')
})

test('what a route leaves out is inherited; an empty group_by resets, ... groups by all', () => {
  const byReceiver = new Map([...tree.walk()].map((route) => [route.options.receiver, route]))
  const labels = Labels.from({ foo: '1', alertname: 'X', env: 'e' })
  const f = (receiver: string, expected: string) =>
    expect(byReceiver.get(receiver)?.groupLabels(labels).toString()).toBe(expected)
  f('default', '{alertname="X"}')
  f('A', '{foo="1"}')
  f('A-testing', '{}')
  f('A-production', '{alertname="X", env="e", foo="1"}')
  f('B', '{alertname="X"}')
  expect(byReceiver.get('A-testing')?.options.groupWaitMs).toBe(11)
  expect(byReceiver.get('B')?.options.groupWaitMs).toBe(1)
  expect(byReceiver.get('B')?.options.repeatIntervalMs).toBe(4 * 3_600_000)
  expect([...(byReceiver.get('A-testing')?.options.labels ?? [])]).toEqual([
    ['a', '1'],
    ['b', '2'],
  ])
})

test('keys print the matchers of each level, sorted', () => {
  const keys = [...tree.walk()].map(({ key }) => key)
  expect(keys).toEqual([
    '{}',
    '{}/{owner="team-A"}',
    '{}/{owner="team-A"}/{env="testing"}',
    '{}/{owner="team-A"}/{env="production"}',
    '{}/{owner=~"team-(A|B)"}',
    '{}/{a!="2",b=~"^(?:y.*)$",m="x",z="1"}',
  ])
  expect(new Set([...tree.walk()].map(({ id }) => id)).size).toBe(6)
})
