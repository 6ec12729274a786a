import { Registry } from '@prom/metrics'
import { FakeClock, recordLog, settlePromises } from '@prom/testkit'
import { parseRuleFile } from './rule-file.ts'
import { DEFAULT_RULE_OPTIONS, RuleManager, type RuleManagerOptions } from './rule-manager.ts'
import { groupOffset } from './slot.ts'
import { FakeServer } from './testing/fake-server.ts'

const START = 1_700_000_000_000 + groupOffset('r.yml', 'g', 10_000)

function filesOf(text: string) {
  const parsed = parseRuleFile(text, 'r.yml')
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  return [{ file: 'r.yml', groups: parsed.file.groups }]
}

function updateOf(text: string) {
  return {
    files: filesOf(text),
    evaluationIntervalMs: 10_000,
    queryOffsetMs: 0,
    externalLabels: { region: 'eu' },
    externalUrl: 'http://prom:9090',
  }
}

async function start(
  text: string,
  prepare?: (server: FakeServer) => void,
  options: Partial<RuleManagerOptions> = {},
) {
  const clock = new FakeClock(START - 5000)
  const server = new FakeServer()
  prepare?.(server)
  const metrics = new Registry()
  const log = recordLog()
  const deps = { clock, log, metrics, queries: server, appender: server, alerts: server }
  const manager = new RuleManager({ ...DEFAULT_RULE_OPTIONS, ...options }, deps)
  await manager.apply(updateOf(text))
  const stop = new AbortController()
  const done = manager.run(stop.signal, () => {})
  await settlePromises()
  const metric = (name: string) =>
    metrics
      .gather()
      .find((family) => family.name === name)
      ?.points.map(({ value }) => value)
  return { clock, server, log, manager, stop, done, metric }
}

const RECORDING = `
groups:
- name: g
  labels: {team: a}
  rules:
  - record: job:up
    expr: sum by (job) (up)
    labels: {env: prod}
`

const ALERTING = `
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 15s
    labels: {severity: '{{ if eq $labels.job "db" }}page{{ else }}ticket{{ end }}'}
    annotations: {summary: '{{ $labels.job }} is {{ $value }}'}
`

test('a recording rule writes its answer under its own name and labels', async () => {
  const { clock, server, manager, metric } = await start(RECORDING, ({ answers }) => {
    answers.set('sum by (job) (up)', [
      [{ job: 'a' }, 1],
      [{ job: 'b', env: 'x' }, 2],
    ])
  })
  await clock.advance(4999)
  expect(server.asked).toEqual([])
  await clock.advance(1)
  expect(server.asked.map(({ timeMs }) => timeMs)).toEqual([START])
  expect(server.takeRows()).toEqual([
    `{__name__="job:up", env="prod", job="a", team="a"} 1 @${START}`,
    `{__name__="job:up", env="prod", job="b", team="a"} 2 @${START}`,
  ])
  const [group] = manager.groups()
  expect(group).toMatchObject({
    name: 'g',
    file: 'r.yml',
    intervalMs: 10_000,
    lastEvaluationMs: START,
  })
  expect(group?.rules[0]).toMatchObject({ type: 'recording', name: 'job:up', health: 'ok' })
  expect(metric('prometheus_rule_evaluations_total')).toEqual([1])
  expect(metric('prometheus_rule_group_last_evaluation_samples')).toEqual([2])
})

test('an empty label of a rule removes that of the series; an empty annotation stays', async () => {
  const text = `
groups:
- name: g
  labels: {team: a}
  rules:
  - {record: r, expr: x, labels: {team: '', job: ''}}
  - {alert: A, expr: x, labels: {job: '{{ $labels.nope }}'}, annotations: {a: '', b: '{{ $labels.nope }}'}}
`
  const { clock, server, manager } = await start(text, ({ answers }) => {
    answers.set('x', [[{ job: 'j', team: 't', z: 'z' }, 1]])
  })
  await clock.advance(5000)
  expect(server.takeRows()[0]).toBe(`{__name__="r", z="z"} 1 @${START}`)
  const [recording, alerting] = manager.groups()[0]?.rules ?? []
  expect(recording?.labels.toObject()).toEqual({ team: '', job: '' })
  const [alert] = alerting?.type === 'alerting' ? alerting.alerts : []
  expect(alert?.labels.toObject()).toEqual({ alertname: 'A', team: 'a', z: 'z' })
  expect(alert?.annotations.toObject()).toEqual({ a: '', b: '' })
})

test('a series that an evaluation no longer gives becomes stale', async () => {
  const { clock, server } = await start(RECORDING)
  server.answers.set('sum by (job) (up)', [[{ job: 'a' }, 1]])
  await clock.advance(5000)
  server.takeRows()
  server.answers.set('sum by (job) (up)', [[{ job: 'b' }, 1]])
  await clock.advance(10_000)
  expect(server.takeRows()).toEqual([
    `{__name__="job:up", env="prod", job="b", team="a"} 1 @${START + 10_000}`,
    `{__name__="job:up", env="prod", job="a", team="a"} stale @${START + 10_000}`,
  ])
})

test('an alert goes from pending to firing to resolved, and its series with it', async () => {
  // A `for` below the grace period needs no look into the past, so series start with the third evaluation.
  const { clock, server, manager } = await start(ALERTING)
  await clock.advance(15_000)
  server.takeRows()
  server.answers.set('up == 0', [[{ __name__: 'up', job: 'db' }, 0]])
  await clock.advance(10_000)
  const base = 'alertname="Down"'
  const at = START + 20_000
  expect(server.takeRows()).toEqual([
    `{__name__="ALERTS", ${base}, alertstate="pending", job="db", severity="page"} 1 @${at}`,
    `{__name__="ALERTS_FOR_STATE", ${base}, job="db", severity="page"} ${Math.floor(at / 1000)} @${at}`,
  ])
  expect(manager.alertingRules()[0]).toMatchObject({ state: 'pending' })
  expect(server.sent).toEqual([])

  await clock.advance(10_000)
  server.takeRows()
  await clock.advance(10_000)
  expect(server.takeRows()).toEqual([
    `{__name__="ALERTS", ${base}, alertstate="firing", job="db", severity="page"} 1 @${at + 20_000}`,
    `{__name__="ALERTS_FOR_STATE", ${base}, job="db", severity="page"} ${Math.floor(at / 1000)} @${at + 20_000}`,
    `{__name__="ALERTS", ${base}, alertstate="pending", job="db", severity="page"} stale @${at + 20_000}`,
  ])
  const [sent] = server.sent[0] ?? []
  expect(sent?.labels.toObject()).toEqual({ alertname: 'Down', job: 'db', severity: 'page' })
  expect(sent?.annotations.toObject()).toEqual({ summary: 'db is 0' })
  expect(sent).toMatchObject({
    startsAtMs: at + 20_000,
    endsAtMs: at + 20_000 + 240_000,
    generatorUrl: 'http://prom:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
  })

  server.answers.set('up == 0', [])
  await clock.advance(10_000)
  expect(server.takeRows()).toHaveLength(2)
  expect(server.sent[1]?.[0]).toMatchObject({ endsAtMs: at + 30_000 })
  expect(manager.alertingRules()[0]).toMatchObject({ state: 'inactive', alerts: [] })
})

test('a firing alert is sent again after the resend delay', async () => {
  const { clock, server } = await start(ALERTING, ({ answers }) => {
    answers.set('up == 0', [[{ job: 'web' }, 0]])
  })
  await clock.advance(5000 + 20_000 + 130_000)
  // Fires at the third evaluation, then more than a minute has to pass each time.
  expect(server.sent.map(([alert]) => alert?.endsAtMs)).toEqual([
    START + 20_000 + 240_000,
    START + 90_000 + 240_000,
  ])
})

test('a failing query is the health of its rule, and earlier series stay', async () => {
  const { clock, server, log, manager, metric } = await start(RECORDING, ({ answers }) => {
    answers.set('sum by (job) (up)', [[{ job: 'a' }, 1]])
  })
  await clock.advance(5000)
  server.takeRows()
  server.answers.set('sum by (job) (up)', 'query timed out in expression evaluation')
  await clock.advance(10_000)
  expect(server.takeRows()).toEqual([])
  expect(manager.groups()[0]?.rules[0]).toMatchObject({
    health: 'err',
    lastError: 'query timed out in expression evaluation',
  })
  expect(metric('prometheus_rule_evaluation_failures_total')).toEqual([1])
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
})

test('limits and duplicates are errors with the texts of the original', async () => {
  const text = (rule: string) => `
groups:
- name: g
  limit: 1
  rules:
  - ${rule}
    expr: x
`
  const f = async (rule: string, rows: [Record<string, string>, number][], error: string) => {
    const { clock, manager, stop, done } = await start(text(rule), ({ answers }) => {
      answers.set('x', rows)
    })
    await clock.advance(5000)
    expect(manager.groups()[0]?.rules[0]?.lastError).toBe(error)
    stop.abort()
    await done
  }
  const two: [Record<string, string>, number][] = [
    [{ a: '1' }, 1],
    [{ a: '2' }, 1],
  ]
  await f('record: r', two, 'exceeded limit of 1 with 2 series')
  await f('alert: A', two, 'exceeded limit of 1 with 2 alerts')
  const same: [Record<string, string>, number][] = [
    [{ __name__: 'a' }, 1],
    [{ __name__: 'b' }, 1],
  ]
  await f(
    'record: r',
    same,
    'vector contains metrics with the same labelset after applying rule labels',
  )
  await f(
    'alert: A',
    same,
    'vector contains metrics with the same labelset after applying alert labels',
  )
})

test('the query offset moves query and samples into the past, not the alert', async () => {
  const offset = RECORDING.replace('  labels:', '  query_offset: 3s\n  labels:')
  const { clock, server } = await start(offset, ({ answers }) => {
    answers.set('sum by (job) (up)', [[{ job: 'a' }, 1]])
  })
  await clock.advance(5000)
  expect(server.asked[0]?.timeMs).toBe(START - 3000)
  expect(server.rows[0]?.atMs).toBe(START - 3000)
})

test('slots missed by a slow evaluation are skipped and counted', async () => {
  const { clock, server, metric } = await start(RECORDING)
  server.duringQuery = async () => {
    server.duringQuery = undefined
    await clock.sleep(35_000)
  }
  await clock.advance(5000 + 60_000)
  expect(server.asked.map(({ timeMs }) => timeMs - START)).toEqual([
    0, 30_000, 40_000, 50_000, 60_000,
  ])
  expect(metric('prometheus_rule_group_iterations_missed_total')).toEqual([2])
  expect(metric('prometheus_rule_group_iterations_total')).toEqual([7])
})

test('a reload leaves unchanged groups alone and hands state to changed ones', async () => {
  const { clock, manager } = await start(ALERTING, ({ answers }) => {
    answers.set('up == 0', [[{ job: 'web' }, 0]])
  })
  await clock.advance(15_000)
  await manager.apply(updateOf(ALERTING))
  await clock.advance(10_000)
  expect(manager.alertingRules()[0]).toMatchObject({ state: 'firing' })

  await manager.apply(updateOf(ALERTING.replace('summary', 'title')))
  await clock.advance(10_000)
  const [rule] = manager.alertingRules()
  expect(rule?.alerts[0]).toMatchObject({ state: 'firing', activeAtMs: START })
  expect(rule?.alerts[0]?.annotations.toObject()).toEqual({ title: 'web is 0' })
})

test('series of a removed rule become stale at the next evaluation, those of a removed group later', async () => {
  const { clock, server, manager, metric } = await start(RECORDING, ({ answers }) => {
    answers.set('sum by (job) (up)', [[{ job: 'a' }, 1]])
    answers.set('y', [[{}, 1]])
  })
  await clock.advance(5000)
  await manager.apply(updateOf(RECORDING.replace('job:up', 'job:renamed')))
  server.takeRows()
  await clock.advance(10_000)
  expect(server.takeRows()).toEqual([
    `{__name__="job:renamed", env="prod", job="a", team="a"} 1 @${START + 10_000}`,
    `{__name__="job:up", env="prod", job="a", team="a"} stale @${START + 10_000}`,
  ])

  await manager.apply(updateOf('groups: []'))
  await clock.advance(19_000)
  expect(server.takeRows()).toEqual([])
  await clock.advance(1000)
  expect(server.takeRows()).toEqual([
    `{__name__="job:renamed", env="prod", job="a", team="a"} stale @${START + 10_000}`,
  ])
  expect(metric('prometheus_rule_group_rules')).toBeUndefined()
})

test('a stop writes no stale markers and ends at once', async () => {
  const { clock, server, stop, done } = await start(RECORDING, ({ answers }) => {
    answers.set('sum by (job) (up)', [[{ job: 'a' }, 1]])
  })
  await clock.advance(5000)
  server.takeRows()
  stop.abort()
  await done
  await clock.advance(60_000)
  expect(server.takeRows()).toEqual([])
})

test('after a restart a long alert goes on from what storage says', async () => {
  const long = ALERTING.replace('15s', '20m')
  const f = async (activeSecondsAgo: number, downSecondsAgo: number, expectedMs: number) => {
    const now = START + 10_000
    const { clock, manager, stop, done } = await start(long, ({ answers }) => {
      answers.set('up == 0', [[{ job: 'web' }, 0]])
      const labels = { alertname: 'Down', job: 'web', severity: 'ticket' }
      const selector = 'ALERTS_FOR_STATE{alertname="Down"}'
      const activeAt = Math.floor(now / 1000) - activeSecondsAgo
      answers.set(selector, [[{ __name__: 'ALERTS_FOR_STATE', ...labels }, activeAt]])
      answers.set(`timestamp(${selector})`, [[labels, Math.floor(now / 1000) - downSecondsAgo]])
    })
    await clock.advance(5000 + 10_000)
    const wholeMs = Math.floor(now / 1000) * 1000
    const activeAtMs = manager.alertingRules()[0]?.alerts[0]?.activeAtMs ?? 0
    expect(activeAtMs - wholeMs).toBe(expectedMs)
    stop.abort()
    await done
  }
  const rest = (START + 10_000) % 1000
  await f(3000, 60, -3_000_000) // It fired before: still since then.
  await f(900, 60, 600_000 - 1_200_000 + rest) // Little was left: the grace period is waited.
  await f(300, 60, -300_000 + 60_000 + rest) // Much was left: the outage does not count.
})

test('independent rules run side by side, as many as there are slots', async () => {
  const rules = ['a', 'b', 'c', 'd'].map((name) => `{record: ${name}, expr: in_${name}}`)
  const text = `groups: [{name: g, rules: [${rules}, {record: e, expr: a + b}]}]`
  const f = async (maxConcurrentEvals: number, expected: number[]) => {
    const { clock, server, stop, done } = await start(text, undefined, { maxConcurrentEvals })
    server.duringQuery = () => clock.sleep(10)
    await clock.advance(5000)
    const waves: number[] = []
    let seen = 0
    for (let wave = 0; wave < expected.length; wave++) {
      waves.push(server.asked.length - seen)
      seen = server.asked.length
      await clock.advance(10)
    }
    expect(waves).toEqual(expected)
    expect(server.asked.at(-1)?.query).toBe('a + b')
    stop.abort()
    await done
  }
  await f(0, [1, 1, 1, 1, 1])
  await f(4, [4, 1])
  await f(2, [3, 1, 1])
})

test('rows that storage refuses are the health of the rule', async () => {
  const { clock, server, manager } = await start(RECORDING, (fake) => {
    fake.answers.set('sum by (job) (up)', [[{ job: 'a' }, 1]])
    fake.outcome = { outOfOrder: 1 }
  })
  await clock.advance(5000)
  const rule = () => manager.groups()[0]?.rules[0]
  expect(rule()).toMatchObject({ health: 'err', lastError: 'out of order sample' })
  server.outcome = {}
  server.appendError = 'no space left on device'
  await clock.advance(10_000)
  expect(rule()).toMatchObject({ health: 'err', lastError: 'no space left on device' })
})

test('template expansions are counted, and those that fail', async () => {
  const failing = ALERTING.replace('is {{ $value }}', '{{ $value.Nope }}')
  const { clock, metric } = await start(failing, ({ answers }) => {
    answers.set('up == 0', [[{ job: 'db' }, 0]])
  })
  await clock.advance(5000)
  expect(metric('prometheus_template_text_expansions_total')).toEqual([2])
  expect(metric('prometheus_template_text_expansion_failures_total')).toEqual([1])
})
