/** The alerts of one route that share their group labels, and when they are next told about. Pure: no timers. */
import type { Labels } from '@prom/labels'
import { type NotifiedAlert, ZERO_TIME_MS } from '@prom/receivers'
import { type Alert, isResolvedAt, sortAlerts } from './alert.ts'
import type { Route } from './route.ts'

export interface GroupSnapshot {
  readonly alerts: readonly NotifiedAlert[]
  /** Those of `alerts` that were resolved, as they were then. */
  readonly resolved: readonly Alert[]
}

export class AlertGroup {
  readonly route: Route
  readonly labels: Labels
  /** As in the notification log and in messages: `{}/{a="1"}:{alertname="X"}`. */
  readonly key: string
  readonly #alerts = new Map<string, Member>()
  /** Sorted as notifications list them; undefined when somebody came or went. */
  #sorted: readonly Member[] | undefined
  #nextAtMs: number
  #hasFlushed = false
  isFlushing = false
  /** Names of the time intervals that muted the last flush. */
  mutedBy: readonly string[] = []

  constructor(route: Route, labels: Labels, atMs: number) {
    this.route = route
    this.labels = labels
    this.key = route.groupKey(labels)
    this.#nextAtMs = atMs + route.options.groupWaitMs
  }

  get isEmpty(): boolean {
    return this.#alerts.size === 0
  }

  get nextAtMs(): number {
    return this.#nextAtMs
  }

  get size(): number {
    return this.#alerts.size
  }

  get hasFlushed(): boolean {
    return this.#hasFlushed
  }

  *alerts(): IterableIterator<Alert> {
    for (const { alert } of this.#alerts.values()) yield alert
  }

  /** An alert that has waited long enough elsewhere (before a restart, say) makes the first flush due at once. */
  put(alert: Alert, atMs: number): void {
    const known = this.#alerts.get(alert.fingerprint)
    if (known) {
      known.alert = alert
      known.firing = undefined
    } else {
      this.#alerts.set(alert.fingerprint, { alert, labels: alert.labels, firing: undefined })
      this.#sorted = undefined
    }
    if (!this.#hasFlushed && alert.startsAtMs + this.route.options.groupWaitMs < atMs) {
      this.#nextAtMs = Math.min(this.#nextAtMs, atMs)
    }
  }

  /** Begins a flush: what to tell, sorted; the next one is due a group interval later. */
  flush(atMs: number): GroupSnapshot {
    this.#hasFlushed = true
    this.#nextAtMs = atMs + this.route.options.groupIntervalMs
    this.#sorted ??= sortAlerts(this.#alerts.values())
    const resolved: Alert[] = []
    const alerts = this.#sorted.map((member) => {
      const { alert } = member
      if (isResolvedAt(alert, atMs)) {
        resolved.push(alert)
        return notified(alert, alert.endsAtMs)
      }
      // What fires now still fires in this message, however long sending it takes.
      member.firing ??= notified(alert, ZERO_TIME_MS)
      return member.firing
    })
    return { alerts, resolved }
  }

  /** After a successful flush: drops what was resolved then and has not been heard of since; returns those. */
  forget(resolved: readonly Alert[]): readonly Alert[] {
    const forgotten = resolved.filter(
      (alert) => this.#alerts.get(alert.fingerprint)?.alert === alert,
    )
    for (const { fingerprint } of forgotten) this.#alerts.delete(fingerprint)
    if (forgotten.length > 0) this.#sorted = undefined
    return forgotten
  }
}

interface Member {
  alert: Alert
  readonly labels: Labels
  /** How a notification shows it while it fires; made once for all flushes until it is posted again. */
  firing: NotifiedAlert | undefined
}

function notified(alert: Alert, endsAtMs: number): NotifiedAlert {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    startsAtMs: alert.startsAtMs,
    endsAtMs,
    generatorUrl: alert.generatorUrl,
    fingerprint: alert.fingerprint,
    isResolved: endsAtMs !== ZERO_TIME_MS,
  }
}
