/**
 * The way of one flush: settle, inhibit, active times, mute times, silence; then, for each integration of the
 * receiver at once: wait, dedup, retry, record. A stage that leaves no alerts ends the way successfully.
 */
import type { Integration, NotifiedAlert } from '@prom/receivers'
import type { Clock, Logger, Random } from '@prom/runtime'
import type { AlertGroup } from './alert-group.ts'
import type { AlertMarks } from './alert-marks.ts'
import type { NotificationEvent } from './history.ts'
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
import { told } from './stages/told.ts'
import { wait } from './stages/wait.ts'
import type { TimeInterval } from './time-interval.ts'

/** The state of one group at one moment, on its way to the receivers. */
export interface Flush {
  readonly group: AlertGroup
  readonly alerts: readonly NotifiedAlert[]
  readonly atMs: number
  /** Hashes of silenced alerts that the receiver was told of and that fire on. */
  readonly toldFiring?: ReadonlySet<bigint>
}

/** Hears of each notification. */
export interface NotificationListener {
  notification(event: Omit<NotificationEvent, 'kind'>): void
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
  /** Receivers that are told of the end of an alert even if it ended under a silence. */
  readonly silencedEndsTo?: ReadonlySet<string>
  readonly history?: NotificationListener
}

/** Passes on the alerts that are left. */
export type Stage = (
  flush: Flush,
  deps: PipelineDeps,
  signal: AbortSignal,
) => Promise<readonly NotifiedAlert[]>

const GROUP_STAGES: readonly Stage[] = [settle, inhibit, activeTime, muteTime]

/** Rejects when an integration failed; the others have had their turn all the same. */
export async function notify(flush: Flush, deps: PipelineDeps, signal: AbortSignal): Promise<void> {
  let { alerts } = flush
  for (const stage of GROUP_STAGES) {
    if (alerts.length === 0) return
    alerts = await stage({ ...flush, alerts }, deps, signal)
  }
  if (alerts.length === 0) return
  const audible = await silence({ ...flush, alerts }, deps, signal)
  let toldFiring: Flush['toldFiring']
  if (audible.length < alerts.length) {
    const heard = new Set(audible)
    const known = told(
      alerts.filter((alert) => !heard.has(alert)),
      flush,
      deps,
    )
    toldFiring = known.firing
    const ended = new Set(known.ended)
    alerts = alerts.filter((alert) => heard.has(alert) || ended.has(alert))
  }
  if (alerts.length === 0) return
  const receiver = flush.group.route.options.receiver
  const integrations = deps.receivers.get(receiver) ?? []
  const results = await Promise.allSettled(
    integrations.map((integration) =>
      deliver(
        { ...flush, alerts, ...(toldFiring ? { toldFiring } : {}) },
        integration,
        deps,
        signal,
      ),
    ),
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
  const delivery = { flush, integration, decision }
  await send(delivery, deps, signal)
  record(delivery, deps)
}
