/** After a restart: since when were alerts active? The series ALERTS_FOR_STATE tells. */
import { Labels as LabelSet, type Labels, METRIC_NAME } from '@prom/labels'
import { quoteGo } from '@prom/model'
import type { AlertingRule } from './alerting-rule.ts'
import type { RuleQueries } from './contract.ts'

export interface RestoreOptions {
  /** How long the server may have been down. */
  readonly outageToleranceMs: number
  /** Alerts with a shorter `for` are not restored; restored ones wait at least this long. */
  readonly forGracePeriodMs: number
}

interface LastSample {
  readonly timeMs: number
  readonly activeAtMs: number
}

const NAME = new Set([METRIC_NAME])

/** Moves the rule's pending alerts back to when they became active before the restart. Rejects with QueryError. */
export async function restoreRule(
  rule: AlertingRule,
  queries: RuleQueries,
  { outageToleranceMs, forGracePeriodMs }: RestoreOptions,
  nowMs: number,
): Promise<void> {
  if (rule.forMs < forGracePeriodMs) {
    rule.isRestored = true
    return
  }
  const last = await lastSamples(rule, queries, outageToleranceMs, nowMs)
  rule.moveActiveAt(({ labels }) => {
    const sample = last.get(labels.key())
    if (!sample) return undefined
    const remainingMs = rule.forMs - (sample.timeMs - sample.activeAtMs)
    if (remainingMs <= 0) return sample.activeAtMs
    if (remainingMs < forGracePeriodMs) return nowMs + forGracePeriodMs - rule.forMs
    return sample.activeAtMs + (nowMs - sample.timeMs)
  })
  rule.isRestored = true
}

/** The last sample of each series within the tolerance; a stale one means that the alert had ended. */
async function lastSamples(
  rule: AlertingRule,
  queries: RuleQueries,
  outageToleranceMs: number,
  nowMs: number,
): Promise<Map<string, LastSample>> {
  const selector = `ALERTS_FOR_STATE{alertname=${quoteGo(rule.name)}}`
  const options = { priority: 'rule', lookbackMs: outageToleranceMs } as const
  const values = await queries.vector(selector, nowMs, options)
  const times = await queries.vector(`timestamp(${selector})`, nowMs, options)
  const timeOf = new Map<string, number>()
  times.labels.forEach((flat, row) => {
    // Compat: the last moment is known to the second only.
    timeOf.set(alertKey(flat), Math.floor(times.values[row] as number) * 1000)
  })
  const last = new Map<string, LastSample>()
  values.labels.forEach((flat, row) => {
    const key = alertKey(flat)
    const timeMs = timeOf.get(key)
    if (timeMs === undefined) return
    last.set(key, { timeMs, activeAtMs: (values.values[row] as number) * 1000 })
  })
  return last
}

function alertKey(flat: readonly string[]): string {
  const labels: Labels = LabelSet.fromSortedFlat(flat)
  return labels.without(NAME).key()
}
