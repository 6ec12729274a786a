import { printGoDuration } from '@prom/model'
import { type Integration, type NotifiedAlert, NotifyError } from '@prom/receivers'
import type { Flush, PipelineDeps } from '../pipeline.ts'
import type { Decision } from './dedup.ts'

const BACKOFF_FIRST_MS = 500
const BACKOFF_FACTOR = 1.5
const BACKOFF_MAX_MS = 60_000

export interface Delivery {
  readonly flush: Flush
  readonly integration: Integration
  readonly decision: Decision
}

/** Sends, again and again with growing pauses, until it works, cannot work, or the time of the flush is over. */
export async function send(
  { flush, integration, decision }: Delivery,
  deps: PipelineDeps,
  signal: AbortSignal,
): Promise<void> {
  const { options } = flush.group.route
  const alerts = alertsToSend(flush.alerts, integration, decision)
  if (alerts.length === 0) return
  const attempts = deps.metrics.of(integration.name, options.receiver)
  attempts.notifications.inc()
  const place = `${options.receiver}/${integration.name}[${integration.index}]`
  const notification = {
    receiver: options.receiver,
    groupKey: flush.group.key,
    groupLabels: flush.group.labels,
    routeLabels: options.labels,
    reason: decision.reason,
    alerts,
    atMs: flush.atMs,
    receiverData: decision.receiverData,
  }
  const where = {
    receiver: options.receiver,
    integration: `${integration.name}[${integration.index}]`,
    aggrGroup: flush.group.key,
  }
  const startedAtMs = deps.clock.monotonic()
  const tell = (attempts: number, error?: string) =>
    deps.history?.notification({
      atMs: deps.clock.now(),
      what: error === undefined ? 'sent' : 'failed',
      receiver: options.receiver,
      integration: `${integration.name}[${integration.index}]`,
      groupKey: flush.group.key,
      groupLabels: flush.group.labels,
      reason: decision.reason,
      firing: alerts.filter(({ isResolved }) => !isResolved).length,
      resolved: alerts.filter(({ isResolved }) => isResolved).length,
      attempts,
      durationMs: deps.clock.monotonic() - startedAtMs,
      ...(error === undefined ? {} : { error }),
    })
  let last: NotifyError | undefined
  let pauseMs = BACKOFF_FIRST_MS
  for (let count = 1; ; count++) {
    if (signal.aborted) {
      const fault = canceled(place, count, { last, signal, attempts })
      tell(count, fault.message)
      throw fault
    }
    const startedMs = deps.clock.monotonic()
    try {
      attempts.requests.inc()
      await integration.notify(notification, signal)
      attempts.latency.observe((deps.clock.monotonic() - startedMs) / 1000)
      deps.log[count > 1 ? 'info' : 'debug']('Notify success', {
        ...where,
        attempts: count,
        duration: printGoDuration((deps.clock.monotonic() - startedMs) * 1e6),
        numAlerts: alerts.length,
      })
      tell(count)
      return
    } catch (err) {
      attempts.latency.observe((deps.clock.monotonic() - startedMs) / 1000)
      attempts.requestsFailed.inc()
      const fault = asNotifyError(err)
      if (!fault.canRetry) {
        attempts.failed(fault.reason)
        tell(count, fault.message)
        throw new Error(
          `${place}: notify retry canceled due to unrecoverable error after ${count} attempts: ${fault.message}`,
          { cause: err },
        )
      }
      if (!signal.aborted && fault.message !== last?.message) {
        deps.log.warn('Notify attempt failed, will retry later', {
          ...where,
          attempts: count,
          err: fault.message,
        })
      }
      if (!signal.aborted || !last) last = fault
    }
    await deps.clock.sleep(pauseMs * (0.5 + deps.random.next()), signal)
    pauseMs = Math.min(pauseMs * BACKOFF_FACTOR, BACKOFF_MAX_MS)
  }
}

/** Without send_resolved, resolved alerts are left out; if nothing else is left, nothing is sent. */
function alertsToSend(
  alerts: readonly NotifiedAlert[],
  { sendResolved }: Integration,
  { firing }: Decision,
): readonly NotifiedAlert[] {
  if (sendResolved) return alerts
  return firing.size === 0 ? [] : alerts.filter(({ isResolved }) => !isResolved)
}

interface Ending {
  readonly last: NotifyError | undefined
  readonly signal: AbortSignal
  readonly attempts: { failed(reason: NotifyError['reason']): void }
}

function canceled(place: string, count: number, { last, signal, attempts }: Ending): Error {
  const why = (signal.reason as Error | undefined)?.message ?? 'context canceled'
  attempts.failed(why === 'context canceled' ? 'contextCanceled' : 'contextDeadlineExceeded')
  return new Error(
    `${place}: notify retry canceled after ${count} attempts: ${last?.message ?? why}`,
  )
}

function asNotifyError(err: unknown): NotifyError {
  if (err instanceof NotifyError) return err
  // Not foreseen by the receiver: a bug or a broken template; trying again would not help.
  const message = err instanceof Error ? err.message : String(err)
  return new NotifyError(message, { canRetry: false, cause: err })
}
