/** Alerts as tests compare and print them. */
import type { Labels } from '@prom/labels'
import { quoteGo } from '@prom/model'
import { type Pair, pairUp } from './side-by-side.ts'

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

/** For showing both sides: alerts of equal labels together, a line for each label and annotation. */
export function pairAlerts(want: readonly FiringAlert[], got: readonly FiringAlert[]): Pair[] {
  const lines = (alert: FiringAlert | undefined) =>
    alert && [
      'Labels:',
      ...[...alert.labels].map(([name, value]) => `  ${name}: ${quoteGo(value)}`),
      'Annotations:',
      ...[...alert.annotations].map(([name, value]) => `  ${name}: ${quoteGo(value)}`),
    ]
  const pairs = pairUp(sorted(want), sorted(got), ({ labels }) => labels.key())
  return pairs.map(([left, right]) => ({ want: lines(left), got: lines(right) }))
}

const sorted = (alerts: readonly FiringAlert[]) =>
  alerts.toSorted((a, b) => a.labels.compare(b.labels) || a.annotations.compare(b.annotations))
