export {
  type AlertingConfig,
  type AlertmanagerConfig,
  alertingConfig,
  alertmanagerConfig,
} from './alertmanager-config.ts'
