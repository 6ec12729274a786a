import type { TargetGroup } from '@prom/discovery'
import { toPlainClient } from '@prom/http'
import { toPlainRules } from '@prom/relabel'
import type { DroppedTarget, PoolOptions, PoolPlan, TargetPlan } from './contract.ts'
import type { ScrapeConfig } from './scrape-config.ts'
import { buildTarget, type ExternalAddress } from './target.ts'

/** What became of a job's discovered targets. */
export interface BuiltPool {
  readonly plan: PoolPlan
  readonly dropped: readonly DroppedTarget[]
  readonly droppedCount: number
  /** Why targets could not be made; one text each. */
  readonly failures: readonly string[]
  readonly isOverLimit: boolean
}

/** What feature flags add to every job. */
export interface ScrapeFeatures {
  readonly takesStartTimes: boolean
  readonly addsTypeAndUnit: boolean
}

const NO_FEATURES: ScrapeFeatures = { takesStartTimes: false, addsTypeAndUnit: false }

/** Relabels all groups of a job; equal targets become one. */
export function buildPool(
  config: ScrapeConfig,
  groups: readonly TargetGroup[],
  external: ExternalAddress,
  features = NO_FEATURES,
): BuiltPool {
  const targets = new Map<string, TargetPlan>()
  const dropped: DroppedTarget[] = []
  const failures: string[] = []
  let droppedCount = 0
  for (const group of groups) {
    for (const own of group.targets) {
      const built = buildTarget(own, group, config, external)
      if (built.kind === 'failed') failures.push(built.error)
      else if (built.kind === 'active') targets.set(built.plan.key, built.plan)
      else {
        droppedCount++
        if (config.keepDroppedTargets === 0 || dropped.length < config.keepDroppedTargets) {
          dropped.push({ pool: config.jobName, discoveredLabels: built.discoveredLabels })
        }
      }
    }
  }
  const { targetLimit } = config
  const isOverLimit = targetLimit > 0 && targets.size > targetLimit
  const refusal = `target_limit exceeded (number of targets: ${targets.size}, limit: ${targetLimit})`
  const plans = [...targets.values()].map((plan) => (isOverLimit ? { ...plan, refusal } : plan))
  return {
    plan: { name: config.jobName, options: poolOptions(config, features), targets: plans },
    dropped,
    droppedCount,
    failures,
    isOverLimit,
  }
}

function poolOptions(config: ScrapeConfig, features: ScrapeFeatures): PoolOptions {
  return {
    honorLabels: config.honorLabels,
    honorTimestamps: config.honorTimestamps,
    trackTimestampsStaleness: config.trackTimestampsStaleness,
    protocols: config.scrapeProtocols,
    fallbackProtocol: config.fallbackScrapeProtocol || undefined,
    hasCompression: config.enableCompression,
    nameValidation: config.metricNameValidationScheme || 'utf8',
    nameEscaping: config.metricNameEscapingScheme || 'allow-utf-8',
    bodySizeMax: config.bodySizeLimit,
    samplesMax: config.sampleLimit,
    labelsMax: config.labelLimit,
    labelNameLengthMax: config.labelNameLengthLimit,
    labelValueLengthMax: config.labelValueLengthLimit,
    metricRelabelRules: toPlainRules(config.metricRelabelConfigs),
    scrapeNativeHistograms: config.scrapeNativeHistograms ?? false,
    alwaysScrapeClassicHistograms: config.alwaysScrapeClassicHistograms ?? false,
    convertClassicHistograms: config.convertClassicHistogramsToNhcb ?? false,
    nativeBucketsMax: config.nativeHistogramBucketLimit,
    nativeFactorMin: config.nativeHistogramMinBucketFactor,
    hasExtraMetrics: config.extraScrapeMetrics ?? false,
    ...features,
    failureLogFile: config.scrapeFailureLogFile,
    httpClient: toPlainClient(config.http),
    isPlainHttp: isPlainHttp(config),
  }
}

/** Redirects are followed by the general client in any case. */
function isPlainHttp({ http }: ScrapeConfig): boolean {
  const { basicAuth, authorization, oauth2, proxy, httpHeaders } = http
  const hasCredentials = (basicAuth ?? authorization ?? oauth2 ?? httpHeaders) !== undefined
  return !hasCredentials && proxy.proxyUrl === '' && !proxy.fromEnvironment
}
