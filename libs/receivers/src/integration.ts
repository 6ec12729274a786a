import type { Notification } from './notification.ts'

/** One configured way to reach people: `slack[0]` of a receiver. */
export interface Integration {
  /** As in metrics and logs: webhook, email, slack ... */
  readonly name: string
  /** Place among the receiver's integrations of the same kind, from 0. */
  readonly index: number
  readonly sendResolved: boolean
  /** Resolves once delivered; throws `NotifyError`. Stops as soon as `signal` aborts. */
  notify(notification: Notification, signal: AbortSignal): Promise<void>
}
