export type { NotifierAlert } from './alert-json.ts'
export type { AlertmanagerTargets } from './alertmanager-address.ts'
export {
  type AlertingConfig,
  type AlertmanagerConfig,
  alertingConfig,
  alertmanagerConfig,
} from './alertmanager-config.ts'
export {
  DEFAULT_NOTIFIER_OPTIONS,
  type NotifierDeps,
  NotifierManager,
  type NotifierOptions,
  type NotifierUpdate,
} from './notifier-manager.ts'
