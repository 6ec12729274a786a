export { ConfigLoadError, describeReadError } from './errors.ts'
export { defaultGlobal, type GlobalConfig } from './global-config.ts'
export {
  type ConfigFiles,
  type LoadedConfig,
  type LoadOptions,
  loadPrometheusConfig,
  parsePrometheusConfig,
  printPrometheusConfig,
  ruleFilePaths,
  type ScrapeFlags,
} from './load.ts'
export type { OtlpConfig, TranslationStrategy } from './otlp-config.ts'
export {
  emptyPrometheusConfig,
  type PrometheusConfig,
  prometheusConfig,
} from './prometheus-config.ts'
export type { StorageConfig } from './storage-config.ts'
export type { TracingConfig } from './tracing-config.ts'
