export {
  type CollectorDefinition,
  type CollectorDeps,
  type CollectorFlag,
  type CollectorFlags,
  defineCollector,
  type KernelCalls,
  NoDataError,
  type SystemFacts,
} from './collector.ts'
export type { CollectorRun, CollectorSet } from './collector-set.ts'
export { collectors } from './collectors.ts'
export { type CollectorPaths, createCollectors } from './create-collectors.ts'
export { collectorFlags, createFlagValues, enableFlag } from './flag-table.ts'
export { createKernelCalls, type NativeCalls } from './kernel-calls.ts'
export { createSystemFacts } from './system-facts.ts'
