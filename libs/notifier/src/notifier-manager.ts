import type { HttpClient, HttpClientConfig, Sigv4Config } from '@prom/http'
import { Labels } from '@prom/labels'
import type { Registry } from '@prom/metrics'
import type { RelabelRule } from '@prom/relabel'
import type { Clock, Logger, Part } from '@prom/runtime'
import { Secret } from '@prom/yaml'
import { encodeAlert, type NotifierAlert } from './alert-json.ts'
import type { AlertmanagerTargets } from './alertmanager-address.ts'
import type { AlertingConfig, AlertmanagerConfig } from './alertmanager-config.ts'
import { AlertmanagerSet } from './alertmanager-set.ts'
import { NotifierMetrics } from './notifier-metrics.ts'
import { addExternalLabels, relabelAlerts } from './relabel-alerts.ts'

export interface NotifierOptions {
  /** `--alertmanager.notification-queue-capacity`, of each Alertmanager. */
  readonly queueCapacity: number
  /** `--alertmanager.notification-batch-size` */
  readonly batchSize: number
  /** `--alertmanager.drain-notification-queue-on-shutdown` */
  readonly drainOnShutdown: boolean
}

export const DEFAULT_NOTIFIER_OPTIONS: NotifierOptions = {
  queueCapacity: 10_000,
  batchSize: 256,
  drainOnShutdown: true,
}

export interface NotifierDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** A client for one entry's `http_config` and `sigv4`; throws an Error for bad TLS settings. */
  readonly createClient: (config: HttpClientConfig, sigv4?: Sigv4Config) => HttpClient
}

export interface NotifierUpdate {
  readonly alerting: AlertingConfig
  readonly externalLabels: Readonly<Record<string, string>> | ReadonlyMap<string, string>
}

interface ConfiguredSet {
  readonly set: AlertmanagerSet
  readonly fingerprint: string
  readonly config: AlertmanagerConfig
}

/** Takes alerts, relabels them, and sends them to every Alertmanager, each with its own bounded queue. */
export class NotifierManager implements Part {
  readonly #options: NotifierOptions
  readonly #deps: NotifierDeps
  readonly #metrics: NotifierMetrics
  #sets: readonly ConfiguredSet[] = []
  #externalLabels = Labels.from({})
  #relabelRules: readonly RelabelRule[] = []
  #isStopped = false

  constructor(options: NotifierOptions, deps: NotifierDeps) {
    this.#options = options
    this.#deps = deps
    this.#metrics = new NotifierMetrics(deps.metrics, deps.clock, {
      queueCapacity: options.queueCapacity,
      discovered: () => this.alertmanagers().active.length,
    })
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    ready()
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    this.#isStopped = true
    this.#deps.log.info('Stopping notification manager...')
    await Promise.all(this.#sets.map(({ set }) => set.stop()))
    this.#deps.log.info('Notification manager stopped')
  }

  /** Entries that did not change keep their Alertmanagers and queues. Throws before anything changed. */
  async apply({ alerting, externalLabels }: NotifierUpdate): Promise<void> {
    const kept = new Set<ConfiguredSet>()
    const next = alerting.alertmanagers.map((config) => {
      const fingerprint = printConfig(config)
      const known = this.#sets.find((old) => old.fingerprint === fingerprint && !kept.has(old))
      if (known) kept.add(known)
      return known ?? { set: this.#createSet(config), fingerprint, config }
    })
    const before = this.#sets
    this.#sets = next
    this.#externalLabels = Labels.from(externalLabels)
    this.#relabelRules = alerting.alertRelabelConfigs
    await Promise.all(before.filter((old) => !kept.has(old)).map(({ set }) => set.close()))
  }

  #createSet(config: AlertmanagerConfig): AlertmanagerSet {
    const { clock, log } = this.#deps
    const client = this.#deps.createClient(config.http, config.sigv4)
    const { queueCapacity, batchSize, drainOnShutdown } = this.#options
    const options = { queueCapacity, batchSize, isDraining: drainOnShutdown }
    const set = new AlertmanagerSet(config, options, { clock, log, client, metrics: this.#metrics })
    set.setTargets(config.discovery.static)
    return set
  }

  /** What discovery found for the entry at `index` of the configuration, statically configured ones included. */
  setTargets(index: number, groups: readonly AlertmanagerTargets[]): void {
    const entry = this.#sets[index]
    if (!entry) return
    try {
      entry.set.setTargets(groups)
    } catch (err) {
      const facts = { config: `config-${index}`, err: (err as Error).message }
      this.#deps.log.error('Creating discovered Alertmanagers failed', facts)
    }
  }

  /** Queues alerts; never waits. */
  send(alerts: readonly NotifierAlert[]): void {
    if (this.#isStopped || this.#sets.length === 0) return
    const labelled = addExternalLabels(alerts, this.#externalLabels)
    const kept = relabelAlerts(labelled, this.#relabelRules)
    if (kept.length === 0) return
    const encoded = kept.map(encodeAlert)
    for (const { set } of this.#sets) set.send(kept, encoded)
  }

  /** URLs alerts are posted to, and those that relabelling dropped; for the API. */
  alertmanagers(): { readonly active: readonly string[]; readonly dropped: readonly string[] } {
    return {
      active: this.#sets.flatMap(({ set }) => set.activeUrls()),
      dropped: this.#sets.flatMap(({ set }) => set.droppedUrls()),
    }
  }
}

/** Equal texts for equal entries, secrets included. */
function printConfig(config: AlertmanagerConfig): string {
  return JSON.stringify(config, function (this: Record<string, unknown>, key, value) {
    const raw = this[key]
    if (raw instanceof Map) return [...raw]
    return raw instanceof Secret ? raw.reveal() : value
  })
}
