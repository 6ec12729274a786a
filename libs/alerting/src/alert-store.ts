/** All alerts by fingerprint: merges reports, tells subscribers, drops what ended. */
import type { Labels } from '@prom/labels'
import { type Alert, isResolvedAt, mergeAlerts } from './alert.ts'

export type AlertListener = (alert: Alert) => void

/** Hears of alerts that begin and end. */
export interface AlertHistory {
  alert(what: 'fired' | 'resolved' | 'expired', alert: Alert, atMs: number): void
}

export interface AlertStoreOptions {
  /** Alerts of one alertname kept at most; 0 means no limit. */
  readonly perAlertnameMax: number
}

export class AlertStore {
  readonly #options: AlertStoreOptions
  readonly #alerts = new Map<string, Alert>()
  readonly #listeners = new Set<AlertListener>()
  readonly #byName = new Map<string, Set<string>>()
  readonly #onLimited: (alertname: string) => void
  readonly #history: AlertHistory | undefined
  #reports = 0

  constructor(
    options: AlertStoreOptions,
    onLimited: (alertname: string) => void = () => {},
    history?: AlertHistory,
  ) {
    this.#options = options
    this.#onLimited = onLimited
    this.#history = history
  }

  /** How many reports were passed on to subscribers. */
  get reports(): number {
    return this.#reports
  }

  get size(): number {
    return this.#alerts.size
  }

  get(fingerprint: string): Alert | undefined {
    return this.#alerts.get(fingerprint)
  }

  all(): IterableIterator<Alert> {
    return this.#alerts.values()
  }

  /** Takes one report in; false if the limit of its alertname refuses it. */
  put(report: Alert, atMs: number): boolean {
    const known = this.#alerts.get(report.fingerprint)
    if (!known && !this.#admit(report, atMs)) return false
    const alert = known ? this.#next(known, report, atMs) : report
    this.#alerts.set(alert.fingerprint, alert)
    if (this.#history) this.#tellChange(this.#history, alert, known, atMs)
    this.#reports++
    for (const listener of this.#listeners) listener(alert)
    return true
  }

  /** Calls back with every alert stored now and with each later report; returns how to stop. */
  subscribe(listener: AlertListener): () => void {
    for (const alert of this.#alerts.values()) listener(alert)
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Drops alerts that have ended; returns their fingerprints. */
  removeResolved(atMs: number): string[] {
    const removed: string[] = []
    for (const alert of this.#alerts.values()) {
      if (!isResolvedAt(alert, atMs)) continue
      this.#alerts.delete(alert.fingerprint)
      if (alert.endsAtMs > alert.updatedAtMs) {
        this.#history?.alert('expired', alert, alert.endsAtMs)
      }
      this.#release(alert.labels, alert.fingerprint)
      removed.push(alert.fingerprint)
    }
    return removed
  }

  #next(known: Alert, report: Alert, atMs: number): Alert {
    if (isOverlapping(report, known)) return mergeAlerts(known, report, atMs)
    return report.labels === known.labels ? report : { ...report, labels: known.labels }
  }

  #tellChange(history: AlertHistory, alert: Alert, known: Alert | undefined, atMs: number): void {
    const wasFiring = known !== undefined && !isResolvedAt(known, atMs)
    if (known && known.endsAtMs > known.updatedAtMs && !wasFiring) {
      history.alert('expired', known, known.endsAtMs)
    }
    const isFiring = !isResolvedAt(alert, atMs)
    if (isFiring && !wasFiring) history.alert('fired', alert, atMs)
    else if (!isFiring && wasFiring) history.alert('resolved', alert, atMs)
  }

  #admit(alert: Alert, atMs: number): boolean {
    const { perAlertnameMax } = this.#options
    if (perAlertnameMax <= 0) return true
    const name = alert.labels.get('alertname')
    let bucket = this.#byName.get(name)
    if (!bucket) {
      bucket = new Set()
      this.#byName.set(name, bucket)
    }
    if (bucket.size >= perAlertnameMax) {
      for (const fingerprint of bucket) {
        const old = this.#alerts.get(fingerprint)
        if (!old || isResolvedAt(old, atMs)) bucket.delete(fingerprint)
      }
    }
    if (bucket.size >= perAlertnameMax) {
      this.#onLimited(name)
      return false
    }
    bucket.add(alert.fingerprint)
    return true
  }

  #release(labels: Labels, fingerprint: string): void {
    const name = labels.get('alertname')
    const bucket = this.#byName.get(name)
    bucket?.delete(fingerprint)
    if (bucket?.size === 0) this.#byName.delete(name)
  }
}

function isOverlapping(report: Alert, known: Alert): boolean {
  return (
    (report.endsAtMs > known.startsAtMs && report.endsAtMs < known.endsAtMs) ||
    (report.startsAtMs > known.startsAtMs && report.startsAtMs < known.endsAtMs)
  )
}
