/**
 * For receivers that want to hear of an end even under a silence: which of the silenced alerts they were told of.
 * The notification log knows, because it keeps the hashes of the alerts that fired when it was last written.
 */
import type { Integration, NotifiedAlert } from '@prom/receivers'
import { alertHash } from '../alert.ts'
import type { Flush, PipelineDeps } from '../pipeline.ts'

export interface Told {
  /** Ended under the silence: to be sent. */
  readonly ended: readonly NotifiedAlert[]
  /** Fire on under the silence: to be remembered as told. */
  readonly firing: ReadonlySet<bigint>
}

const NOTHING: Told = { ended: [], firing: new Set() }

export function told(
  silenced: readonly NotifiedAlert[],
  { group }: Flush,
  { notificationLog, receivers, silencedEndsTo }: PipelineDeps,
): Told {
  const { receiver } = group.route.options
  if (silenced.length === 0 || !silencedEndsTo?.has(receiver)) return NOTHING
  const known = new Set<bigint>()
  for (const integration of receivers.get(receiver) ?? []) {
    for (const hash of firingOf(group.key, receiver, integration, notificationLog)) known.add(hash)
  }
  const ended: NotifiedAlert[] = []
  const firing = new Set<bigint>()
  for (const alert of silenced) {
    const hash = alertHash(alert.labels)
    if (!known.has(hash)) continue
    if (alert.isResolved) ended.push(alert)
    else firing.add(hash)
  }
  return { ended, firing }
}

function firingOf(
  groupKey: string,
  groupName: string,
  { name, index }: Integration,
  log: PipelineDeps['notificationLog'],
): Iterable<bigint> {
  return log.get(groupKey, { groupName, integration: name, index })?.firing ?? []
}
