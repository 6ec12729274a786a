import type { Stage } from '../pipeline.ts'

/** Takes out alerts that are muted by other alerts. */
export const inhibit: Stage = async ({ alerts, group }, deps) => {
  const { inhibitor, marks, clock, metrics } = deps
  const atMs = clock.now()
  const left = alerts.filter(({ fingerprint, labels }) => {
    const by = inhibitor.inhibitedBy(labels, atMs)
    marks.setInhibitedBy(fingerprint, by ? [by.source] : NO_SOURCES)
    return !by
  })
  metrics.suppressed('inhibition', group.route.options.receiver, alerts.length - left.length)
  return left
}

const NO_SOURCES: readonly string[] = []
