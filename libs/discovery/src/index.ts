export {
  type DiscoveredTargets,
  DiscoveryManager,
  type DiscoveryManagerDeps,
  type DiscoverySets,
} from './discovery-manager.ts'
export type { Discovery, DiscoveryHost } from './mechanism.ts'
export { type ConsulSdConfig, consulSdConfig } from './mechanisms/consul-config.ts'
export { type DnsSdConfig, dnsSdConfig } from './mechanisms/dns-config.ts'
export { type FileSdConfig, fileSdConfig } from './mechanisms/file-config.ts'
export { type HttpSdConfig, httpSdConfig } from './mechanisms/http-config.ts'
export { type TargetGroupConfig, targetGroupConfig } from './mechanisms/static-config.ts'
export { type SdConfigs, sdConfigs } from './sd-configs.ts'
export { SdMetrics } from './sd-metrics.ts'
export type { TargetGroup } from './target-group.ts'
