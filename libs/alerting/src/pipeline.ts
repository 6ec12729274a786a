/**
 * The way of one flush: settle, inhibit, active times, mute times, silence; then, for each integration of the
 * receiver at once: wait, dedup, retry, record. A stage that leaves no alerts ends the way successfully.
 */
import type { Integration, NotifiedAlert } from '@prom/receivers'
import type { Clock, Logger, Random } from '@prom/runtime'
import type { AlertGroup } from './alert-group.ts'
import type { AlertMarks } from './alert-marks.ts'
import type { Inhibitor } from './inhibitor.ts'
import type { NotificationLog } from './notification-log.ts'
import type { NotifyMetrics } from './notify-metrics.ts'
import type { Silences } from './silences.ts'
import { decide } from './stages/dedup.ts'
import { inhibit } from './stages/inhibit.ts'
import { record } from './stages/record.ts'
import { send } from './stages/retry.ts'
import { settle } from './stages/settle.ts'
import { silence } from './stages/silence.ts'
import { activeTime, muteTime } from './stages/time.ts'
import { wait } from './stages/wait.ts'
import type { TimeInterval } from './time-interval.ts'

/** The state of one group at one moment, on its way to the receivers. */
export interface Flush {
  readonly group: AlertGroup
  readonly alerts: readonly NotifiedAlert[]
  readonly atMs: number
}

/** This instance among its peers. */
export interface Peer {
  /** 0 for the first in line, who does not wait. */
  position(): number
  /** Resolves once the cluster has settled, or when `signal` aborts. */
  settled(signal: AbortSignal): Promise<void>
}

export interface PipelineDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly metrics: NotifyMetrics
  readonly marks: AlertMarks
  readonly inhibitor: Inhibitor
  readonly silences: Silences
  readonly notificationLog: NotificationLog
  readonly timeIntervals: ReadonlyMap<string, TimeInterval>
  readonly receivers: ReadonlyMap<string, readonly Integration[]>
  readonly peer: Peer | undefined
  readonly peerTimeoutMs: number
}

/** Passes on the alerts that are left. */
export type Stage = (
  flush: Flush,
  deps: PipelineDeps,
  signal: AbortSignal,
) => Promise<readonly NotifiedAlert[]>

const GROUP_STAGES: readonly Stage[] = [settle, inhibit, activeTime, muteTime, silence]

/** Rejects when an integration failed; the others have had their turn all the same. */
export async function notify(flush: Flush, deps: PipelineDeps, signal: AbortSignal): Promise<void> {
  let { alerts } = flush
  for (const stage of GROUP_STAGES) {
    if (alerts.length === 0) return
    alerts = await stage({ ...flush, alerts }, deps, signal)
  }
  if (alerts.length === 0) return
  const receiver = flush.group.route.options.receiver
  const integrations = deps.receivers.get(receiver) ?? []
  const results = await Promise.allSettled(
    integrations.map((integration) => deliver({ ...flush, alerts }, integration, deps, signal)),
  )
  const faults = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (faults.length === 1) throw faults[0]
  if (faults.length > 1) throw new Error(faults.map((fault) => String(fault.message)).join('; '))
}

async function deliver(
  flush: Flush,
  integration: Integration,
  deps: PipelineDeps,
  signal: AbortSignal,
): Promise<void> {
  await wait(deps, signal)
  const decision = decide(flush, integration, deps)
  if (!decision) return
  await send({ flush, integration, decision }, deps, signal)
  record({ flush, integration, decision }, deps)
}
