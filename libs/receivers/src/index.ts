export { type FailureReason, NotifyError } from './errors.ts'
export type { Integration } from './integration.ts'
export {
  type Notification,
  type NotificationReason,
  type NotifiedAlert,
  type ReceiverData,
  type ReceiverValue,
  ZERO_TIME_MS,
} from './notification.ts'
