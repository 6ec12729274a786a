import type { PipelineDeps } from '../pipeline.ts'
import type { Delivery } from './retry.ts'

/** Writes down what was sent. Entries outlive the repeat interval once more, then they are of no use. */
export function record(
  { flush, integration, decision }: Delivery,
  { notificationLog, clock }: Pick<PipelineDeps, 'notificationLog' | 'clock'>,
): void {
  const { receiver, repeatIntervalMs } = flush.group.route.options
  notificationLog.record(
    {
      groupKey: flush.group.key,
      receiver: { groupName: receiver, integration: integration.name, index: integration.index },
      atMs: clock.now(),
      firing: decision.firing,
      resolved: decision.resolved,
      receiverData: decision.receiverData,
    },
    2 * repeatIntervalMs,
  )
}
