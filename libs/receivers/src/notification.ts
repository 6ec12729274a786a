/** What a receiver is asked to send: one group of alerts at one moment. */
import type { Labels } from '@prom/labels'

/** The zero time of the originals, 0001-01-01T00:00:00Z, in milliseconds since 1970. */
export const ZERO_TIME_MS = -62135596800000

export interface NotifiedAlert {
  readonly labels: Labels
  /** Sorted by name; values may be empty. */
  readonly annotations: ReadonlyMap<string, string>
  readonly startsAtMs: number
  /** `ZERO_TIME_MS` while the alert fires. */
  readonly endsAtMs: number
  readonly generatorUrl: string
  /** 16 hexadecimal digits. */
  readonly fingerprint: string
  readonly isResolved: boolean
}

export type NotificationReason =
  | 'first notification'
  | 'new alerts added'
  | 'some alerts resolved'
  | 'all alerts resolved'
  | 'repeat interval elapsed'
  | 'unknown'

/** A value a receiver keeps with the notification log entry of its group (Slack's thread, for one). */
export type ReceiverValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'double'; readonly value: number }

export type ReceiverData = Map<string, ReceiverValue>

export interface Notification {
  readonly receiver: string
  readonly groupKey: string
  readonly groupLabels: Labels
  readonly routeLabels: ReadonlyMap<string, string>
  readonly reason: NotificationReason
  /** Sorted; never empty. */
  readonly alerts: readonly NotifiedAlert[]
  /** When the group was flushed. */
  readonly atMs: number
  /** Kept with the group's log entry when the notification succeeds; the receiver may change it. */
  readonly receiverData: ReceiverData
}
