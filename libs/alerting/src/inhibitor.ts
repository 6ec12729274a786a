/** Which alerts are muted because others fire. Fed with every alert; keeps the sources of each rule. */
import type { Labels, Matcher } from '@prom/labels'
import { type Alert, isResolvedAt } from './alert.ts'

export interface InhibitRule {
  readonly name: string
  readonly sourceMatchers: readonly Matcher[]
  readonly targetMatchers: readonly Matcher[]
  /** Labels that must be equal; a missing one counts as empty. */
  readonly equal: readonly string[]
}

export interface InhibitedBy {
  readonly rule: InhibitRule
  /** Fingerprint of the source alert. */
  readonly source: string
}

/** Sources by the values of the labels that must be equal. */
type Sources = Map<string, Map<string, Alert>>

export class Inhibitor {
  readonly #rules: readonly { readonly rule: InhibitRule; readonly sources: Sources }[]

  constructor(rules: readonly InhibitRule[]) {
    this.#rules = rules.map((rule) => ({ rule, sources: new Map() }))
  }

  put(alert: Alert): void {
    for (const { rule, sources } of this.#rules) {
      if (!matchesAll(rule.sourceMatchers, alert.labels)) continue
      const key = equalKey(rule, alert.labels)
      let group = sources.get(key)
      if (!group) {
        group = new Map()
        sources.set(key, group)
      }
      group.set(alert.fingerprint, alert)
    }
  }

  /** The first rule that mutes an alert with these labels, and its source that fires longest. */
  inhibitedBy(labels: Labels, atMs: number): InhibitedBy | undefined {
    for (const { rule, sources } of this.#rules) {
      if (sources.size === 0 || !matchesAll(rule.targetMatchers, labels)) continue
      const group = sources.get(equalKey(rule, labels))
      if (!group) continue
      // An alert that is target and source at once is not muted by others that are both, or all would be.
      const isBoth = matchesAll(rule.sourceMatchers, labels)
      let best: Alert | undefined
      for (const source of group.values()) {
        if (isResolvedAt(source, atMs)) continue
        if (isBoth && matchesAll(rule.targetMatchers, source.labels)) continue
        if (!best || source.endsAtMs > best.endsAtMs) best = source
      }
      if (best) return { rule, source: best.fingerprint }
    }
    return undefined
  }

  /** Drops sources that no longer fire. */
  collectGarbage(atMs: number): void {
    for (const { sources } of this.#rules) {
      for (const [key, group] of sources) {
        for (const [fingerprint, alert] of group) {
          if (isResolvedAt(alert, atMs)) group.delete(fingerprint)
        }
        if (group.size === 0) sources.delete(key)
      }
    }
  }
}

function equalKey({ equal }: InhibitRule, labels: Labels): string {
  return equal.map((name) => labels.get(name)).join('\u{10ffff}')
}

function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labels.get(matcher.name)))
}
