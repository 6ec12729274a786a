import type { Integration, NotificationReason, NotifiedAlert, ReceiverData } from '@prom/receivers'
import { alertHash } from '../alert.ts'
import type { LogEntry } from '../notification-log.ts'
import type { Flush, PipelineDeps } from '../pipeline.ts'

/** Why to send, and what the log has to remember afterwards. */
export interface Decision {
  readonly reason: NotificationReason
  readonly firing: ReadonlySet<bigint>
  readonly resolved: ReadonlySet<bigint>
  readonly receiverData: ReceiverData
}

/** What to do about a flush, given what was sent before; undefined when there is nothing new to tell. */
export function decide(
  { alerts, group, atMs, toldFiring }: Flush,
  { name, index, sendResolved }: Integration,
  { notificationLog }: Pick<PipelineDeps, 'notificationLog'>,
): Decision | undefined {
  const { receiver, repeatIntervalMs } = group.route.options
  const entry = notificationLog.get(group.key, {
    groupName: receiver,
    integration: name,
    index,
  })
  if (entry && isNothingNew(entry, alerts, { sendResolved, repeatIntervalMs, atMs }))
    return undefined
  const firing = hashes(alerts, false)
  const resolved = hashes(alerts, true)
  const reason = reasonToSend(entry, { firing, resolved, sendResolved, repeatIntervalMs, atMs })
  if (!reason) return undefined
  for (const hash of toldFiring ?? []) if (entry?.firing.has(hash)) firing.add(hash)
  return { reason, firing, resolved, receiverData: new Map(entry?.receiverData) }
}

/** The common case, without collecting hashes: all that fires has been told, and it is not time to repeat it. */
function isNothingNew(
  entry: Pick<LogEntry, 'firing' | 'resolved' | 'atMs'>,
  alerts: readonly NotifiedAlert[],
  { sendResolved, repeatIntervalMs, atMs }: Omit<DedupFacts, 'firing' | 'resolved'>,
): boolean {
  if (entry.atMs < atMs - repeatIntervalMs) return false
  let isFiring = false
  for (const { labels, isResolved } of alerts) {
    if (isResolved) {
      if (sendResolved && !entry.resolved.has(alertHash(labels))) return false
    } else {
      if (!entry.firing.has(alertHash(labels))) return false
      isFiring = true
    }
  }
  return isFiring
}

export interface DedupFacts {
  readonly firing: ReadonlySet<bigint>
  readonly resolved: ReadonlySet<bigint>
  readonly sendResolved: boolean
  readonly repeatIntervalMs: number
  readonly atMs: number
}

export function reasonToSend(
  entry: Pick<LogEntry, 'firing' | 'resolved' | 'atMs'> | undefined,
  { firing, resolved, sendResolved, repeatIntervalMs, atMs }: DedupFacts,
): NotificationReason | undefined {
  if (!entry) return firing.size > 0 ? 'first notification' : undefined
  if (!isSubset(firing, entry.firing)) {
    return entry.firing.size === 0 ? 'first notification' : 'new alerts added'
  }
  // The receiver knows of nothing that could have ended: what began and ended since is no news.
  if (firing.size === 0) return entry.firing.size > 0 ? 'all alerts resolved' : undefined
  if (sendResolved && !isSubset(resolved, entry.resolved)) return 'some alerts resolved'
  if (entry.atMs < atMs - repeatIntervalMs) return 'repeat interval elapsed'
  return undefined
}

export function hashes(alerts: readonly NotifiedAlert[], isResolved: boolean): Set<bigint> {
  const found = new Set<bigint>()
  for (const alert of alerts) {
    if (alert.isResolved === isResolved) found.add(alertHash(alert.labels))
  }
  return found
}

function isSubset(part: ReadonlySet<bigint>, whole: ReadonlySet<bigint>): boolean {
  for (const hash of part) if (!whole.has(hash)) return false
  return true
}
