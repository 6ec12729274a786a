import type { Stage } from '../pipeline.ts'

/** Takes out silenced alerts. */
export const silence: Stage = async ({ alerts, group }, { silences, marks, metrics }) => {
  const left = alerts.filter(({ fingerprint, labels }) => {
    const ids = silences.silencedBy(fingerprint, labels)
    marks.setSilencedBy(fingerprint, ids)
    return ids.length === 0
  })
  metrics.suppressed('silence', group.route.options.receiver, alerts.length - left.length)
  return left
}
