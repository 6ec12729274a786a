/** Alerts as tests compare and print them. */
import type { Labels } from '@prom/labels'

export interface FiringAlert {
  readonly labels: Labels
  readonly annotations: Labels
}

/** In any order. */
export function sameAlerts(want: readonly FiringAlert[], got: readonly FiringAlert[]): boolean {
  if (want.length !== got.length) return false
  const others = sorted(got)
  return sorted(want).every(
    (alert, i) =>
      alert.labels.equals(others[i]!.labels) && alert.annotations.equals(others[i]!.annotations),
  )
}

export function printAlerts(alerts: readonly FiringAlert[]): string {
  if (alerts.length === 0) return '[]'
  const shown = sorted(alerts).map(
    ({ labels, annotations }, i) =>
      `            ${i}:\n              Labels:${labels}\n              Annotations:${annotations}`,
  )
  return `[\n${shown.join(',\n')}\n            ]`
}

const sorted = (alerts: readonly FiringAlert[]) =>
  alerts.toSorted((a, b) => a.labels.compare(b.labels) || a.annotations.compare(b.annotations))
