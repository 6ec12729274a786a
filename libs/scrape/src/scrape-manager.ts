import type { DiscoveredTargets, TargetGroup } from '@prom/discovery'
import { Counter, CounterVec, GaugeVec, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock, Logger } from '@prom/runtime'
import type { DroppedTarget, Ingest, PoolPlan } from './contract.ts'
import type { ScrapeConfig } from './scrape-config.ts'
import type { ExternalAddress } from './target.ts'
import { type BuiltPool, buildPool, type ScrapeFeatures } from './target-pool.ts'

export interface ScrapeManagerDeps {
  readonly ingest: Pick<Ingest, 'syncPools'>
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Registry
  readonly external: ExternalAddress
  /** What feature flags add for all jobs; default: nothing. */
  readonly features?: ScrapeFeatures
}

/**
 * Main's side of scraping: makes targets of what discovery finds, and tells the ingest thread what to scrape.
 * Targets that stay the same keep their loop over any number of reloads.
 */
export class ScrapeManager {
  readonly #deps: ScrapeManagerDeps
  readonly #metrics: PoolMetrics
  #configs: ReadonlyMap<string, ScrapeConfig> = new Map()
  #groups: DiscoveredTargets = new Map()
  readonly #built = new Map<string, BuiltPool>()
  #syncing: Promise<void> = Promise.resolve()

  constructor(deps: ScrapeManagerDeps) {
    this.#deps = deps
    this.#metrics = new PoolMetrics(deps.metrics, deps.clock)
  }

  /** Takes the jobs of a new configuration; targets found so far go on. */
  async apply(configs: readonly ScrapeConfig[]): Promise<void> {
    const before = this.#configs
    this.#configs = new Map(configs.map((config) => [config.jobName, config]))
    const removed = [...before.keys()].filter((name) => !this.#configs.has(name))
    for (const name of removed) {
      this.#built.delete(name)
      this.#metrics.remove(name)
    }
    for (const name of this.#configs.keys()) {
      if (before.has(name)) this.#metrics.reloads.inc()
      else this.#metrics.pools.inc()
    }
    await this.#sync([...this.#configs.keys()], removed)
  }

  /** Takes what discovery found, by job. */
  async setTargets(groups: DiscoveredTargets): Promise<void> {
    const changed = [...groups.keys()].filter((name) => this.#groups.get(name) !== groups.get(name))
    this.#groups = groups
    await this.#sync(changed, [])
  }

  /** Names of all jobs, sorted. */
  pools(): string[] {
    return [...this.#configs.keys()].sort()
  }

  droppedTargets(): DroppedTarget[] {
    return [...this.#built.values()].flatMap(({ dropped }) => dropped)
  }

  /** Per job how many were dropped, kept in memory or not. */
  droppedCounts(): Record<string, number> {
    return Object.fromEntries([...this.#built].map(([name, built]) => [name, built.droppedCount]))
  }

  /** One after the other: plans must reach the thread in the order they were made. */
  #sync(names: readonly string[], removed: readonly string[]): Promise<void> {
    const plans = names.flatMap((name) => {
      const config = this.#configs.get(name)
      return config ? [this.#build(config, this.#groups.get(name) ?? [])] : []
    })
    const { ingest } = this.#deps
    const done = this.#syncing.then(() => ingest.syncPools(plans, removed))
    this.#syncing = done.catch(() => {})
    return done
  }

  #build(config: ScrapeConfig, groups: readonly TargetGroup[]): PoolPlan {
    const { clock, log, external, features } = this.#deps
    const started = clock.monotonic()
    const built = buildPool(config, groups, external, features)
    const { jobName } = config
    for (const err of built.failures)
      log.error('Creating target failed', { scrape_pool: jobName, err })
    this.#built.set(jobName, built)
    this.#metrics.built(config, built, (clock.monotonic() - started) / 1000)
    return built.plan
  }
}

/** prometheus_target_scrape_pool_* and prometheus_target_sync_*. */
class PoolMetrics {
  readonly pools = new Counter({
    name: 'prometheus_target_scrape_pools_total',
    help: 'Total number of scrape pool creation attempts.',
  })
  readonly reloads = new Counter({
    name: 'prometheus_target_scrape_pool_reloads_total',
    help: 'Total number of scrape pool reloads.',
  })
  readonly #poolsFailed = new Counter({
    name: 'prometheus_target_scrape_pools_failed_total',
    help: 'Total number of scrape pool creations that failed.',
  })
  readonly #reloadsFailed = new Counter({
    name: 'prometheus_target_scrape_pool_reloads_failed_total',
    help: 'Total number of failed scrape pool reloads.',
  })
  readonly #overTargetLimit = new Counter({
    name: 'prometheus_target_scrape_pool_exceeded_target_limit_total',
    help: 'Total number of times scrape pools hit the target limit, during sync or config reload.',
  })
  readonly #overLabelLimit = new Counter({
    name: 'prometheus_target_scrape_pool_exceeded_label_limits_total',
    help: 'Total number of times scrape pools hit the label limits, during sync or config reload.',
  })
  readonly #targets = new GaugeVec({
    name: 'prometheus_target_scrape_pool_targets',
    help: 'Current number of targets in this scrape pool.',
    labelNames: ['scrape_job'],
  })
  readonly #targetLimit = new GaugeVec({
    name: 'prometheus_target_scrape_pool_target_limit',
    help: 'Maximum number of targets allowed in this scrape pool.',
    labelNames: ['scrape_job'],
  })
  readonly #syncs = new CounterVec({
    name: 'prometheus_target_scrape_pool_sync_total',
    help: 'Total number of syncs that were executed on a scrape pool.',
    labelNames: ['scrape_job'],
  })
  readonly #syncFailures = new CounterVec({
    name: 'prometheus_target_sync_failed_total',
    help: 'Total number of target sync failures.',
    labelNames: ['scrape_job'],
  })
  readonly #syncSeconds: SummaryVec

  constructor(registry: Registry, clock: Clock) {
    this.#syncSeconds = new SummaryVec(
      {
        name: 'prometheus_target_sync_length_seconds',
        help: 'Actual interval to sync the scrape pool.',
        labelNames: ['scrape_job'],
        quantiles: [0.01, 0.05, 0.5, 0.9, 0.99],
      },
      clock,
    )
    for (const metric of [
      this.pools,
      this.reloads,
      this.#poolsFailed,
      this.#reloadsFailed,
      this.#overTargetLimit,
      this.#overLabelLimit,
      this.#targets,
      this.#targetLimit,
      this.#syncs,
      this.#syncFailures,
      this.#syncSeconds,
    ]) {
      registry.register(metric)
    }
  }

  built({ jobName, targetLimit }: ScrapeConfig, pool: BuiltPool, seconds: number) {
    this.#targets.of(jobName).set(pool.plan.targets.length)
    this.#targetLimit.of(jobName).set(targetLimit)
    this.#syncs.of(jobName).inc()
    this.#syncFailures.of(jobName).inc(pool.failures.length)
    this.#syncSeconds.of(jobName).observe(seconds)
    if (pool.isOverLimit) this.#overTargetLimit.inc()
  }

  remove(jobName: string): void {
    for (const vec of [this.#targets, this.#targetLimit, this.#syncs, this.#syncFailures]) {
      vec.remove(jobName)
    }
    this.#syncSeconds.remove(jobName)
  }
}
