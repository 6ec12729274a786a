import type { HttpClient, HttpClientConfig } from '@prom/http'
import type { Clock, HostFiles, HostNet, Logger, Random, Resolver } from '@prom/runtime'
import type { SdMetrics } from './sd-metrics.ts'
import type { TargetGroup } from './target-group.ts'

/** What mechanisms are handed. */
export interface DiscoveryHost {
  readonly clock: Clock
  readonly random: Random
  readonly files: HostFiles
  readonly resolver: Resolver
  /** For protocols that are not HTTP. */
  readonly net: Pick<HostNet, 'connect'>
  /** Where clouds leave credentials and addresses. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly metrics: SdMetrics
  /** Of this program, as discovery servers see it. */
  readonly version: string
  /** `name` is who connects, in metrics. */
  readonly createClient: (config: HttpClientConfig, name?: string) => HttpClient
}

/** One running `*_sd_configs` entry. */
export interface Discovery {
  /**
   * Calls `publish` with all groups it knows each time they change, until `signal` aborts. What cannot be reached is
   * logged and counted, and what was known stays; it never throws.
   */
  run(signal: AbortSignal, publish: (groups: readonly TargetGroup[]) => void): Promise<void>
}

/** A kind of discovery: its name in `<name>_sd_configs` and how one entry is started. */
export interface Mechanism<Config> {
  readonly name: string
  start(config: Config, host: DiscoveryHost): Discovery
}

export function defineMechanism<Config>(mechanism: Mechanism<Config>): Mechanism<Config> {
  return mechanism
}
