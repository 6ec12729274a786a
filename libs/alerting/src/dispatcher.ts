/** Sorts alerts into groups and flushes each group when it is due. */
import type { Labels } from '@prom/labels'
import { Counter, Gauge, type Registry } from '@prom/metrics'
import type { Clock, Logger, Part } from '@prom/runtime'
import type { Alert } from './alert.ts'
import { AlertGroup, type GroupSnapshot } from './alert-group.ts'
import type { AlertStore } from './alert-store.ts'
import { DurationSummary } from './duration-summary.ts'
import { FlushQueue } from './flush-queue.ts'
import type { Flush } from './pipeline.ts'
import type { Route } from './route.ts'

/** A flush may take as long as its group interval, but at least this. */
const FLUSH_MIN_MS = 10_000

export interface DispatcherDeps {
  readonly store: AlertStore
  /** Sends one flush; rejects if any integration failed for good. */
  readonly notify: (flush: Flush, signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: DispatcherMetrics
  /** Extra time for a flush: how long this instance waits for those before it in the cluster. */
  readonly peerWaitMs: () => number
}

export class Dispatcher implements Part {
  readonly route: Route
  readonly #deps: DispatcherDeps
  readonly #startAtMs: number
  readonly #groups = new Map<string, AlertGroup>()
  /** The groups an alert is in, by its fingerprint: most reports are of alerts that are known. */
  readonly #homes = new Map<string, readonly AlertGroup[]>()
  readonly #due = new FlushQueue<AlertGroup>()
  readonly #flushes = new Map<Promise<void>, AbortController>()
  #sleepingUntilMs = 0
  /** Groups that are gone but still counted. */
  #ended = 0
  #wake = new AbortController()

  /** No group is flushed before `startAtMs`. */
  constructor(route: Route, startAtMs: number, deps: DispatcherDeps) {
    this.route = route
    this.#startAtMs = startAtMs
    this.#deps = deps
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    const { store, clock, metrics } = this.#deps
    const unsubscribe = store.subscribe((alert) => this.#take(alert))
    const stop = () => {
      this.#wake.abort()
      for (const controller of this.#flushes.values()) controller.abort(new Error(CANCELED))
    }
    signal.addEventListener('abort', stop, { once: true })
    ready()
    while (!signal.aborted) {
      this.#flushDue()
      this.#wake = new AbortController()
      this.#sleepingUntilMs = this.#due.nextAtMs
      // An empty queue sleeps in long steps: clocks do not know eternity.
      const untilMs = Math.min(this.#sleepingUntilMs, clock.now() + 3_600_000)
      if (!signal.aborted) await clock.sleepUntil(untilMs, this.#wake.signal)
    }
    unsubscribe()
    await Promise.all(this.#flushes.keys())
    metrics.groups -= this.#groups.size + this.#ended
    this.#ended = 0
    this.#groups.clear()
    this.#homes.clear()
  }

  /** No longer counts groups that have become empty. */
  maintain(): void {
    this.#deps.metrics.groups -= this.#ended
    this.#ended = 0
  }

  groups(): IterableIterator<AlertGroup> {
    return this.#groups.values()
  }

  /** Receivers an alert with these labels goes to, in order of the routes. */
  receiversOf(labels: Labels): string[] {
    return this.route.match(labels).map(({ options }) => options.receiver)
  }

  /** The group with these labels, if there is one. */
  groupOf(route: Route, labels: Labels): AlertGroup | undefined {
    return this.#groups.get(groupId(route, labels))
  }

  /** When the group is flushed next; or, without one, the group that `alert` would begin. */
  nextFlushAtMs(
    route: Route,
    group: AlertGroup | undefined,
    alert: Alert | undefined,
    atMs: number,
  ): number {
    if (group) return Math.max(group.nextAtMs, this.#startAtMs)
    const waitMs = route.options.groupWaitMs
    const isLate = alert !== undefined && alert.startsAtMs + waitMs < atMs
    return Math.max(isLate ? atMs : atMs + waitMs, this.#startAtMs)
  }

  #take(alert: Alert): void {
    const { clock, metrics } = this.#deps
    const startedMs = clock.monotonic()
    const atMs = clock.now()
    const homes = this.#homes.get(alert.fingerprint)
    if (!homes) this.#house(alert, atMs)
    else {
      for (const group of homes) {
        const before = group.nextAtMs
        group.put(alert, atMs)
        if (group.nextAtMs !== before) this.#schedule(group)
      }
    }
    metrics.processing.observeMs(clock.monotonic() - startedMs)
  }

  /** Finds, or makes, the groups of an alert that is new here. */
  #house(alert: Alert, atMs: number): void {
    const homes = this.route.match(alert.labels).map((route) => {
      const labels = route.groupLabels(alert.labels)
      const id = groupId(route, labels)
      const known = this.#groups.get(id)
      const group = known ?? new AlertGroup(route, labels, atMs)
      const before = group.nextAtMs
      group.put(alert, atMs)
      if (!known) {
        this.#groups.set(id, group)
        this.#deps.metrics.groups++
      }
      if (!known || group.nextAtMs !== before) this.#schedule(group)
      return group
    })
    this.#homes.set(alert.fingerprint, homes)
  }

  #schedule(group: AlertGroup): void {
    const atMs = Math.max(group.nextAtMs, this.#startAtMs)
    this.#due.push(group, atMs)
    if (atMs < this.#sleepingUntilMs) this.#wake.abort(OVER)
  }

  #flushDue(): void {
    const nowMs = this.#deps.clock.now()
    for (let due = this.#due.pop(nowMs); due; due = this.#due.pop(nowMs)) {
      const group = due.item
      const isOutdated = Math.max(group.nextAtMs, this.#startAtMs) !== due.atMs
      if (isOutdated || group.isFlushing || group.isEmpty) continue
      this.#start(group, due.atMs, nowMs)
    }
  }

  /** Compat: a flush that had to wait for the one before it decides as of the time it was due. */
  #start(group: AlertGroup, dueAtMs: number, nowMs: number): void {
    const controller = new AbortController()
    group.isFlushing = true
    const snapshot = group.flush(nowMs)
    const flush = this.#flush({ group, atMs: dueAtMs, ...snapshot }, controller).finally(() => {
      this.#flushes.delete(flush)
      group.isFlushing = false
      if (group.isEmpty) this.#remove(group)
      else this.#schedule(group)
    })
    this.#flushes.set(flush, controller)
  }

  async #flush(
    { group, alerts, resolved, atMs }: Flush & GroupSnapshot,
    controller: AbortController,
  ): Promise<void> {
    const { clock, log, notify, peerWaitMs } = this.#deps
    const timeoutMs = Math.max(group.route.options.groupIntervalMs, FLUSH_MIN_MS) + peerWaitMs()
    const done = new AbortController()
    const deadline = clock.sleepUntil(clock.now() + timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) controller.abort(new Error(DEADLINE))
    })
    try {
      await notify({ group, alerts, atMs }, controller.signal)
      for (const { fingerprint } of group.forget(resolved)) this.#homes.delete(fingerprint)
    } catch (err) {
      const isCanceled = (controller.signal.reason as Error | undefined)?.message === CANCELED
      const level = isCanceled ? 'debug' : 'error'
      log[level]('Notify for alerts failed', {
        aggrGroup: group.key,
        num_alerts: alerts.length,
        err,
      })
    } finally {
      done.abort(OVER)
      await deadline
    }
  }

  #remove(group: AlertGroup): void {
    const id = groupId(group.route, group.labels)
    // Compat: the count of groups loses an empty one at the next maintenance only.
    if (this.#groups.get(id) === group && this.#groups.delete(id)) this.#ended++
  }
}

function groupId(route: Route, labels: Labels): string {
  return `${route.id}\n${labels.key()}`
}

/** Why a flush ended early; the reason of its signal. */
export const CANCELED = 'context canceled'
/** An abort without a reason makes an exception with a stack each time. */
const OVER = 'over'
export const DEADLINE = 'context deadline exceeded'

/** Lives as long as the program, while dispatchers come and go with the configuration. */
export class DispatcherMetrics {
  groups = 0
  readonly processing: DurationSummary

  constructor(metrics: Registry) {
    metrics.register(
      new Gauge(
        {
          name: 'alertmanager_dispatcher_aggregation_groups',
          help: 'Number of active aggregation groups',
        },
        () => this.groups,
      ),
    )
    this.processing = new DurationSummary(
      {
        name: 'alertmanager_dispatcher_alert_processing_duration_seconds',
        help: 'Summary of latencies for the processing of alerts.',
      },
      metrics,
    )
    const counter = (name: string, help: string) => metrics.register(new Counter({ name, help }))
    counter(
      'alertmanager_dispatcher_aggregation_group_limit_reached_total',
      'Number of times when dispatcher failed to create new aggregation group due to limit.',
    )
    counter(
      'alertmanager_dispatcher_aggregation_group_creation_retries_total',
      'Number of CAS retries while creating aggregation groups under contention.',
    )
    counter(
      'alertmanager_dispatcher_aggregation_group_creation_given_up_total',
      'Number of alerts dropped because aggregation group creation exceeded the retry limit.',
    )
  }
}
