/** For tests of groups and what becomes of them. */
import { Labels } from '@prom/labels'
import { Registry } from '@prom/metrics'
import type { Integration, Notification, NotifyError } from '@prom/receivers'
import { FakeClock, recordLog, seededRandom, settlePromises } from '@prom/testkit'
import { type Alert, fingerprint } from '../alert.ts'
import { AlertMarks } from '../alert-marks.ts'
import { AlertStore } from '../alert-store.ts'
import { Dispatcher, DispatcherMetrics } from '../dispatcher.ts'
import { History } from '../history.ts'
import { Inhibitor } from '../inhibitor.ts'
import { MatcherParser } from '../matchers/matcher-parser.ts'
import { NotificationLog } from '../notification-log.ts'
import { NotifyMetrics } from '../notify-metrics.ts'
import { notify, type Peer } from '../pipeline.ts'
import { Route, type RouteSource } from '../route.ts'
import { Silences } from '../silences.ts'
import type { TimeInterval } from '../time-interval.ts'

export const SECOND = 1000
export const parser = new MatcherParser('fallback')

interface Sent {
  readonly atMs: number
  readonly notification: Notification
}

/** A dispatcher with its pipeline and one webhook, on a clock that a test moves. */
export function setUp(
  options: {
    route?: RouteSource
    sendResolved?: boolean
    fail?: (attempt: number) => NotifyError | undefined
    peer?: Peer
    startDelayMs?: number
    intervals?: ReadonlyMap<string, TimeInterval>
    tellsSilencedEnds?: boolean
  } = {},
) {
  const clock = new FakeClock()
  const startMs = clock.now()
  const metrics = new Registry()
  const log = recordLog()
  const random = seededRandom()
  const history = new History(100)
  const store = new AlertStore({ perAlertnameMax: 0 }, () => {}, history)
  const sent: Sent[] = []
  let attempts = 0
  const integration: Integration = {
    name: 'webhook',
    index: 0,
    sendResolved: options.sendResolved ?? true,
    notify: async (notification) => {
      const fault = options.fail?.(++attempts)
      if (fault) throw fault
      sent.push({ atMs: clock.now() - startMs, notification })
    },
  }
  const silences = new Silences(
    { retentionMs: 1e9, silencesMax: 0, sizeMaxBytes: 0, isLogging: false },
    { clock, random, log, metrics, isLabelName: () => true, history },
  )
  const inhibitRules = [
    {
      name: '',
      sourceMatchers: parser.parseList('severity="critical"', 'test'),
      targetMatchers: parser.parseList('severity="warning"', 'test'),
      equal: ['alertname'],
    },
  ]
  const inhibitor = new Inhibitor(inhibitRules)
  store.subscribe((alert) => inhibitor.put(alert))
  const deps = {
    clock,
    random,
    log,
    metrics: new NotifyMetrics(metrics, false),
    marks: new AlertMarks(),
    inhibitor,
    silences,
    notificationLog: new NotificationLog(1e12, { clock, log, metrics }),
    timeIntervals: options.intervals ?? new Map(),
    receivers: new Map([['r', [integration]]]),
    peer: options.peer,
    peerTimeoutMs: 15 * SECOND,
    silencedEndsTo: new Set(options.tellsSilencedEnds ? ['r'] : []),
    history,
  }
  const route = new Route({
    receiver: 'r',
    groupBy: ['alertname'],
    groupWaitMs: 30 * SECOND,
    groupIntervalMs: 300 * SECOND,
    repeatIntervalMs: 3600 * SECOND,
    ...options.route,
  })
  const dispatcher = new Dispatcher(route, startMs + (options.startDelayMs ?? 0), {
    store,
    clock,
    log,
    notify: (flush, signal) => notify(flush, deps, signal),
    metrics: new DispatcherMetrics(metrics),
    peerWaitMs: () => (options.peer?.position() ?? 0) * 15 * SECOND,
  })
  const stop = new AbortController()
  const done = dispatcher.run(stop.signal, () => {})
  const post = (labels: Record<string, string>, fields: Partial<Alert> = {}) => {
    const set = Labels.from(labels)
    store.put(
      {
        labels: set,
        annotations: new Map(),
        startsAtMs: clock.now(),
        endsAtMs: clock.now() + 1e9,
        generatorUrl: '',
        updatedAtMs: clock.now(),
        isTimeout: true,
        fingerprint: fingerprint(set),
        ...fields,
      },
      clock.now(),
    )
  }
  const summary = () =>
    sent.map(({ atMs, notification }) => [
      atMs / SECOND,
      notification.reason,
      notification.alerts.map(
        ({ labels, isResolved }) =>
          `${labels.get('i') || labels.get('alertname')}${isResolved ? '-' : '+'}`,
      ),
    ])
  const end = async () => {
    stop.abort()
    await settlePromises()
    await done
  }
  return {
    clock,
    post,
    sent,
    summary,
    silences,
    dispatcher,
    end,
    log,
    metrics,
    deps,
    store,
    history,
    inhibitRules,
  }
}
