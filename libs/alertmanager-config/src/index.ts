export {
  type AlertmanagerConfig,
  type LoadedConfig,
  loadAlertmanagerConfig,
  parseAlertmanagerConfig,
  readTemplates,
} from './load.ts'
export type { ReceiverConfig } from './receiver-schema.ts'
