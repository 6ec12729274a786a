/** One alert's way from pending to firing to resolved: pure, so that it can be tested in tables. */
import type { Labels } from '@prom/labels'

export type AlertState = 'pending' | 'firing' | 'inactive'

/** Times are milliseconds; 0 is never. Inactive means resolved. */
export interface Alert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly state: AlertState
  readonly value: number
  readonly activeAtMs: number
  readonly firedAtMs: number
  readonly resolvedAtMs: number
  readonly keepFiringSinceMs: number
  readonly lastSentAtMs: number
  /** What an Alertmanager is told as the end of a firing alert. */
  readonly validUntilMs: number
}

export interface AlertTiming {
  readonly forMs: number
  readonly keepFiringForMs: number
}

/** A resolved alert is kept, so that its end is sent again to an Alertmanager that missed it. */
export const RESOLVED_RETENTION_MS = 15 * 60_000

export function startAlert(
  found: Pick<Alert, 'labels' | 'annotations' | 'value'>,
  atMs: number,
): Alert {
  return {
    ...found,
    state: 'pending',
    activeAtMs: atMs,
    firedAtMs: 0,
    resolvedAtMs: 0,
    keepFiringSinceMs: 0,
    lastSentAtMs: 0,
    validUntilMs: 0,
  }
}

/** The alert after an evaluation that found its element; `found` brings the new value and annotations. */
export function advanceFound(
  alert: Alert | undefined,
  found: Pick<Alert, 'labels' | 'annotations' | 'value'>,
  { forMs }: AlertTiming,
  atMs: number,
): Alert {
  const known =
    alert && alert.state !== 'inactive'
      ? { ...alert, annotations: found.annotations, value: found.value, keepFiringSinceMs: 0 }
      : startAlert(found, atMs)
  const isDue = atMs - known.activeAtMs >= forMs
  if (known.state === 'pending' && isDue) return { ...known, state: 'firing', firedAtMs: atMs }
  // A reload may have made `for` longer than the alert has lasted.
  if (known.state === 'firing' && !isDue) return { ...known, state: 'pending', firedAtMs: 0 }
  return known
}

/** The alert after an evaluation that did not find its element; undefined once it may be forgotten. */
export function advanceMissing(
  alert: Alert,
  { keepFiringForMs }: AlertTiming,
  atMs: number,
): Alert | undefined {
  if (alert.state === 'pending') return undefined
  if (alert.state === 'inactive') {
    return atMs - alert.resolvedAtMs > RESOLVED_RETENTION_MS ? undefined : alert
  }
  if (keepFiringForMs > 0) {
    const since = alert.keepFiringSinceMs || atMs
    if (atMs - since < keepFiringForMs) return { ...alert, keepFiringSinceMs: since }
    return { ...alert, keepFiringSinceMs: since, state: 'inactive', resolvedAtMs: atMs }
  }
  return { ...alert, state: 'inactive', resolvedAtMs: atMs }
}

/** Whether the Alertmanagers have to be told (again). */
export function needsSending(alert: Alert, resendDelayMs: number, atMs: number): boolean {
  if (alert.state === 'pending') return false
  if (alert.resolvedAtMs > alert.lastSentAtMs) return true
  return alert.lastSentAtMs + resendDelayMs < atMs
}
