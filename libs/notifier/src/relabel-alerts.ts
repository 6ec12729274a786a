import { Labels } from '@prom/labels'
import { type RelabelRule, relabel } from '@prom/relabel'
import type { NotifierAlert } from './alert-json.ts'

/** The alerts under their new labels, without those that a rule drops. */
export function relabelAlerts(
  alerts: readonly NotifierAlert[],
  rules: readonly RelabelRule[],
): NotifierAlert[] {
  const kept: NotifierAlert[] = []
  for (const alert of alerts) {
    const labels = relabel(alert.labels, rules)
    if (labels) kept.push(labels === alert.labels ? alert : { ...alert, labels })
  }
  return kept
}

/** The alerts with those external labels that they do not have themselves. */
export function addExternalLabels(
  alerts: readonly NotifierAlert[],
  external: Labels,
): readonly NotifierAlert[] {
  if (external.size === 0) return alerts
  return alerts.map((alert) => ({
    ...alert,
    labels: Labels.from([...external, ...alert.labels]),
  }))
}
