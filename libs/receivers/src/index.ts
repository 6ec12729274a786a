export { type FailureReason, NotifyError } from './errors.ts'
export { type GlobalConfig, globalConfig } from './global-config.ts'
export { type Json, labelsJson, printJson, printJsonString, RawJson } from './go-json.ts'
export type { Integration } from './integration.ts'
export {
  type Notification,
  type NotificationReason,
  type NotifiedAlert,
  type ReceiverData,
  type ReceiverValue,
  ZERO_TIME_MS,
} from './notification.ts'
export type { AnyReceiverKind, ReceiverDeps, Send } from './receiver.ts'
export { INTEGRATION_NAMES, RECEIVER_KINDS } from './receivers.ts'
export { NotificationTemplates } from './templates.ts'
export {
  type TrialOptions,
  type TriedIntegration,
  type TriedReceiver,
  type TriedRequest,
  tryReceiver,
} from './trial.ts'
