/**
 * Why an alert goes where it goes, and why or when nobody is told of it: the way of one label set through routes,
 * inhibition, silences, time intervals and the notification log, as it is at one moment. Changes nothing.
 */
import type { Labels, Matcher } from '@prom/labels'
import type { Integration, NotificationReason } from '@prom/receivers'
import { type Alert, alertHash, fingerprint, isResolvedAt } from './alert.ts'
import type { AlertGroup } from './alert-group.ts'
import type { AlertStore } from './alert-store.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Inhibitor, InhibitRule } from './inhibitor.ts'
import type { LogEntry, NotificationLog } from './notification-log.ts'
import type { Route } from './route.ts'
import type { Silence } from './silence.ts'
import type { Silences } from './silences.ts'
import { reasonToSend } from './stages/dedup.ts'
import type { TimeInterval } from './time-interval.ts'

/** One route of the tree and what the alert did there. */
export interface RouteStep {
  readonly route: Route
  /** `skipped`: a route before it took the alert and does not continue. */
  readonly verdict: 'matched' | 'failed' | 'skipped'
  /** The first matcher that does not match. */
  readonly failed: Matcher | undefined
  /** The alert ends here: no route below took it. */
  readonly isDestination: boolean
  readonly routes: readonly RouteStep[]
}

export interface ExplainedInhibition {
  readonly rule: InhibitRule
  /** From 0, in the order of the file. */
  readonly ruleIndex: number
  readonly source: Alert
}

export interface ExplainedIntegration {
  readonly name: string
  readonly index: number
  readonly sendResolved: boolean
  /** What was last sent for the group; undefined when nothing is remembered. */
  readonly last: LogEntry | undefined
  /** Why the next flush would send; undefined when it would not. */
  readonly reason: NotificationReason | undefined
  /** The first flush that repeats what was sent, if nothing changes until then. */
  readonly repeatAtMs: number | undefined
}

export interface Destination {
  readonly route: Route
  readonly groupLabels: Labels
  readonly groupKey: string
  /** The group as it is; undefined when the alert would be the first of it. */
  readonly group: AlertGroup | undefined
  /** Time intervals that keep it quiet now. */
  readonly mutedBy: readonly string[]
  readonly nextFlushAtMs: number
  readonly integrations: readonly ExplainedIntegration[]
}

export interface Explanation {
  readonly labels: Labels
  readonly fingerprint: string
  /** Undefined when there is no such alert: then this is what would happen to it. */
  readonly alert: Alert | undefined
  readonly isFiring: boolean
  readonly routes: RouteStep
  readonly inhibitedBy: ExplainedInhibition | undefined
  readonly silencedBy: readonly Silence[]
  readonly destinations: readonly Destination[]
}

export interface ExplainDeps {
  readonly store: AlertStore
  readonly dispatcher: Dispatcher
  readonly inhibitor: Inhibitor
  readonly inhibitRules: readonly InhibitRule[]
  readonly silences: Silences
  readonly notificationLog: NotificationLog
  readonly timeIntervals: ReadonlyMap<string, TimeInterval>
  readonly integrations: ReadonlyMap<string, readonly Integration[]>
}

export function explain(labels: Labels, atMs: number, deps: ExplainDeps): Explanation {
  const id = fingerprint(labels)
  const alert = deps.store.get(id)
  const inhibited = deps.inhibitor.inhibitedBy(labels, atMs)
  const source = inhibited && deps.store.get(inhibited.source)
  const silencedBy = deps.silences
    .matching(labels)
    .flatMap((silenceId) => deps.silences.get(silenceId) ?? [])
  const isMuted = inhibited !== undefined || silencedBy.length > 0
  return {
    labels,
    fingerprint: id,
    alert,
    isFiring: alert === undefined || !isResolvedAt(alert, atMs),
    routes: explainRoutes(deps.dispatcher.route, labels),
    inhibitedBy:
      inhibited && source
        ? { rule: inhibited.rule, ruleIndex: deps.inhibitRules.indexOf(inhibited.rule), source }
        : undefined,
    silencedBy,
    destinations: deps.dispatcher.route
      .match(labels)
      .map((route) => explainDestination(route, { labels, alert, isMuted, atMs }, deps)),
  }
}

/** The walk of a label set down a routing tree; needs nothing but the tree. */
export function explainRoutes(route: Route, labels: Labels): RouteStep {
  const failed = route.matchers.find((matcher) => !matcher.matches(labels.get(matcher.name)))
  if (failed) return { route, verdict: 'failed', failed, isDestination: false, routes: [] }
  const routes: RouteStep[] = []
  let isTaken = false
  let isOver = false
  for (const child of route.routes) {
    if (isOver) {
      const verdict = 'skipped'
      routes.push({ route: child, verdict, failed: undefined, isDestination: false, routes: [] })
      continue
    }
    const step = explainRoutes(child, labels)
    routes.push(step)
    if (step.verdict !== 'matched') continue
    isTaken = true
    isOver = !child.continues
  }
  return { route, verdict: 'matched', failed: undefined, isDestination: !isTaken, routes }
}

interface Subject {
  readonly labels: Labels
  readonly alert: Alert | undefined
  readonly isMuted: boolean
  readonly atMs: number
}

function explainDestination(route: Route, subject: Subject, deps: ExplainDeps): Destination {
  const { dispatcher, integrations } = deps
  const { atMs } = subject
  const groupLabels = route.groupLabels(subject.labels)
  const group = dispatcher.groupOf(route, groupLabels)
  const nextFlushAtMs = dispatcher.nextFlushAtMs(route, group, subject.alert, atMs)
  const groupKey = route.groupKey(groupLabels)
  const hashes = hashesAt(group, subject, { deps, atMs: nextFlushAtMs })
  const mutedBy = mutingIntervals(route, nextFlushAtMs, deps.timeIntervals)
  return {
    route,
    groupLabels,
    groupKey,
    group,
    mutedBy,
    nextFlushAtMs,
    integrations: (integrations.get(route.options.receiver) ?? []).map((integration) => {
      const { name, index, sendResolved } = integration
      const { receiver, repeatIntervalMs, groupIntervalMs } = route.options
      const last = deps.notificationLog.get(groupKey, {
        groupName: receiver,
        integration: name,
        index,
      })
      const facts = { ...hashes, sendResolved, repeatIntervalMs, atMs: nextFlushAtMs }
      const isQuiet = mutedBy.length > 0 || hashes.firing.size + hashes.resolved.size === 0
      const repeatAtMs =
        last === undefined || last.firing.size === 0
          ? undefined
          : firstFlushAfter(last.atMs + repeatIntervalMs, nextFlushAtMs, groupIntervalMs)
      const reason = isQuiet ? undefined : reasonToSend(last, facts)
      return { name, index, sendResolved, last, reason, repeatAtMs }
    }),
  }
}

/** What a flush at that time would tell of: the alerts of the group and the one in question, without muted ones. */
function hashesAt(
  group: AlertGroup | undefined,
  { labels, alert, isMuted, atMs: nowMs }: Subject,
  { deps, atMs }: { readonly deps: ExplainDeps; readonly atMs: number },
): { readonly firing: ReadonlySet<bigint>; readonly resolved: ReadonlySet<bigint> } {
  const firing = new Set<bigint>()
  const resolved = new Set<bigint>()
  for (const other of group?.alerts() ?? []) {
    if (other.fingerprint === alert?.fingerprint) continue
    if (deps.inhibitor.inhibitedBy(other.labels, nowMs)) continue
    if (deps.silences.silencedBy(other.fingerprint, other.labels).length > 0) continue
    if (isResolvedAt(other, atMs)) resolved.add(alertHash(other.labels))
    else firing.add(alertHash(other.labels))
  }
  if (!isMuted) {
    const into = alert && isResolvedAt(alert, atMs) ? resolved : firing
    into.add(alertHash(labels))
  }
  return { firing, resolved }
}

function mutingIntervals(
  { options }: Route,
  atMs: number,
  intervals: ReadonlyMap<string, TimeInterval>,
): readonly string[] {
  const isIn = (name: string) => intervals.get(name)?.contains(atMs) ?? false
  const { activeTimeIntervals, muteTimeIntervals } = options
  if (activeTimeIntervals.length > 0 && !activeTimeIntervals.some(isIn)) return activeTimeIntervals
  return muteTimeIntervals.filter(isIn)
}

function firstFlushAfter(atMs: number, flushAtMs: number, intervalMs: number): number {
  const steps = Math.ceil(Math.max(0, atMs - flushAtMs) / intervalMs)
  return flushAtMs + steps * intervalMs
}
