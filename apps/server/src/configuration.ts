/** The configuration in use: its first load, reloads, and what they touch, in order. */
import { Reloader } from '@prom/daemon'
import type { Registry } from '@prom/metrics'
import { engineFromFeatures } from '@prom/query'
import type { ReadClients } from '@prom/remote'
import type { Host, Logger } from '@prom/runtime'
import type { IngestControl } from '@prom/scrape'
import { type ApplyStep, applyConfig } from './apply-config.ts'
import { AutoReload } from './auto-reload.ts'
import type { ServerFlags } from './flags.ts'
import type { Managers } from './managers.ts'
import { type Notices, RELOAD_FAILED } from './notices.ts'
import type { RemotePart } from './remote-part.ts'
import { scrapeFlags } from './scrape-flags.ts'
import {
  checksumFiles,
  loadServerConfig,
  RuleFilesError,
  type ServerConfig,
} from './server-config.ts'
import { retentionOf, type Settings } from './settings.ts'
import type { RunningQueries } from './threads.ts'

export interface ConfigurationDeps {
  readonly flags: ServerFlags
  readonly settings: Settings
  readonly host: Host
  readonly log: Logger
  readonly metrics: Registry
  readonly notices: Notices
  readonly ingest: IngestControl
  readonly queries: Pick<RunningQueries, 'configure'>
  readonly managers: Managers
  readonly remote: Pick<RemotePart, 'apply'>
  readonly applyReads: ReadClients['apply']
  /** Already read and checked. */
  readonly first: ServerConfig
}

export class Configuration {
  readonly reloader: Reloader
  readonly #deps: ConfigurationDeps
  readonly #steps: readonly ApplyStep[]
  #current: ServerConfig
  #unapplied: ServerConfig | undefined

  constructor(deps: ConfigurationDeps) {
    const { host, log, metrics, first } = deps
    this.#deps = deps
    this.#steps = createSteps(deps)
    this.#current = first
    this.#unapplied = first
    this.reloader = new Reloader(
      { metricPrefix: 'prometheus_config', load: () => this.#load() },
      { clock: host.clock, log, metrics, signals: host.signals },
    )
  }

  get current(): ServerConfig {
    return this.#current
  }

  createAutoReload(): AutoReload {
    const { flags, host, log } = this.#deps
    return new AutoReload(flags.configAutoReloadInterval, {
      ...{ clock: host.clock, log },
      reload: () => this.reloader.reload(),
      checksums: async () => ({
        used: this.#current.checksum,
        found: await checksumFiles(host.files, this.#current.paths()),
      }),
    })
  }

  async #load(): Promise<void> {
    const { flags, host, log, notices } = this.#deps
    const path = flags.configFile
    log.info('Loading configuration file', { filename: path })
    try {
      const next = this.#unapplied ?? (await this.#read())
      this.#unapplied = undefined
      for (const warning of next.warnings) log.warn(warning)
      await applyConfig(next, this.#steps, { path, clock: host.clock, log })
      this.#current = next
      notices.remove(RELOAD_FAILED)
    } catch (err) {
      notices.add(RELOAD_FAILED)
      throw err
    }
  }

  async #read(): Promise<ServerConfig> {
    const { flags, settings, host, log } = this.#deps
    const path = flags.configFile
    try {
      return await loadServerConfig(host.files, path, {
        agentMode: flags.agent,
        env: host.env,
        promql: engineFromFeatures(settings.features).parse,
        scrape: scrapeFlags(settings.features),
      })
    } catch (err) {
      const message = err instanceof Error ? err.message : String(err)
      if (err instanceof RuleFilesError) {
        log.error('loading groups failed', { component: 'rule manager', err })
        const text = `one or more errors occurred while applying the new configuration (--config.file="${path}")`
        throw new Error(`${text}: ${message}`, { cause: err })
      }
      throw new Error(`couldn't load configuration (--config.file="${path}"): ${message}`, {
        cause: err,
      })
    }
  }
}

/** Chunks with start times are read, never written. */
function refuseEncodings({ storage }: ServerConfig['config']): void {
  if (storage.tsdb?.chunkEncoding?.floats === 'xor2') {
    throw new Error("'storage.tsdb.chunk_encoding.floats': xor2 is not supported yet, use xor")
  }
}

/** The order in which a new configuration is applied. */
function createSteps({
  managers,
  ingest,
  queries,
  settings,
  remote,
  applyReads,
  flags,
  log,
}: ConfigurationDeps): ApplyStep[] {
  const { scrape, scrapeDiscovery, notifier, notifyDiscovery, rules } = managers
  const steps: ApplyStep[] = [
    {
      name: 'db_storage',
      apply: ({ config }) => {
        refuseEncodings(config)
        return ingest.configureStorage({
          ...retentionOf(config, settings),
          outOfOrderWindowMs: config.storage.tsdb?.outOfOrderTimeWindow ?? 0,
          ...(settings.features.has('exemplar-storage') && {
            exemplarsMax: config.storage.exemplars?.maxExemplars ?? 100_000,
          }),
        })
      },
    },
    {
      name: 'remote_storage',
      apply: async ({ config }) => {
        applyReads(config.remoteRead, config.global.externalLabels)
        await remote.apply(config)
      },
    },
    { name: 'tracing', apply: warnOfTracing(log) },
    {
      name: 'query_engine',
      apply: ({ config }) => {
        const { evaluationInterval: subqueryStepMs, queryLogFile } = config.global
        queries.configure({ subqueryStepMs, queryLogFile })
      },
    },
    { name: 'scrape', apply: ({ jobs }) => scrape.apply(jobs) },
    {
      name: 'scrape_sd',
      apply: ({ jobs }) =>
        scrapeDiscovery.apply(new Map(jobs.map((job) => [job.jobName, job.discovery]))),
    },
    {
      name: 'notify',
      apply: ({ config }) =>
        notifier.apply({
          alerting: config.alerting,
          externalLabels: config.global.externalLabels,
        }),
    },
    {
      name: 'notify_sd',
      apply: ({ config }) =>
        notifyDiscovery.apply(
          new Map(config.alerting.alertmanagers.map((one, i) => [String(i), one.discovery])),
        ),
    },
    {
      name: 'rules',
      apply: ({ config, ruleFiles }) =>
        rules.apply({
          files: ruleFiles,
          evaluationIntervalMs: config.global.evaluationInterval,
          queryOffsetMs: config.global.ruleQueryOffset,
          externalLabels: config.global.externalLabels,
          externalUrl: settings.external.href,
        }),
    },
  ]
  return flags.agent ? steps.filter(({ name }) => !SERVER_STEPS.has(name)) : steps
}

/** Steps for parts that an agent does not have. */
const SERVER_STEPS = new Set(['query_engine', 'notify', 'notify_sd', 'rules'])

/** No spans are sent; said when the section appears, not at each reload. */
function warnOfTracing(log: Logger): ApplyStep['apply'] {
  let isSaid = false
  return ({ config: { tracing } }) => {
    if (tracing.endpoint !== '' && !isSaid) {
      log.warn('Tracing is configured, but no spans are sent by this build', {
        endpoint: tracing.endpoint,
      })
    }
    isSaid = tracing.endpoint !== ''
  }
}
