/** The managers of the main thread: what decides what is scraped, evaluated and sent. */

import { DiscoveryManager, SdMetrics, type TargetGroup } from '@prom/discovery'
import {
  createHttpClient,
  createSignedClient,
  DialMetrics,
  type HttpClientConfig,
} from '@prom/http'
import type { Registry } from '@prom/metrics'
import { type AlertmanagerTargets, NotifierManager } from '@prom/notifier'
import type { Queries } from '@prom/query'
import { RuleManager } from '@prom/rules'
import type { Host, Logger } from '@prom/runtime'
import { createResolver } from '@prom/runtime/node'
import { type Ingest, ScrapeManager } from '@prom/scrape'
import type { ServerFlags } from './flags.ts'
import { scrapeFeatures } from './scrape-flags.ts'
import type { Settings } from './settings.ts'

export interface ManagersDeps {
  readonly flags: ServerFlags
  readonly settings: Settings
  readonly host: Host
  readonly log: Logger
  readonly metrics: Registry
  readonly ingest: Ingest
  readonly queries: Pick<Queries, 'vector'>
  readonly version: string
}

export type Managers = ReturnType<typeof createManagers>

export function createManagers(deps: ManagersDeps) {
  const notifier = createNotifier(deps)
  const scrape = createScrape(deps)
  const { log } = deps
  const scrapeDiscovery = createDiscovery(deps, 'scrape', (targets) => {
    scrape.setTargets(targets).catch((err: unknown) => {
      log.error('Updating targets failed', { err })
    })
  })
  const notifyDiscovery = createDiscovery(deps, 'notify', (targets) => {
    for (const [index, groups] of targets) {
      notifier.setTargets(Number(index), groups.flatMap(toAlertmanagers))
    }
  })
  const rules = createRuleManager(deps, notifier)
  return { notifier, scrape, scrapeDiscovery, notifyDiscovery, rules }
}

/** The address of each target stands apart from its labels. */
function toAlertmanagers({ targets, labels }: TargetGroup): AlertmanagerTargets[] {
  return targets.map(({ __address__: address = '', ...own }) => ({
    targets: [address],
    labels: new Map(Object.entries({ ...labels, ...own })),
  }))
}

function createNotifier(deps: ManagersDeps): NotifierManager {
  const { flags, host, metrics, log } = deps
  return new NotifierManager(
    {
      queueCapacity: flags.alertmanagerNotificationQueueCapacity,
      batchSize: flags.alertmanagerNotificationBatchSize,
      drainOnShutdown: flags.alertmanagerDrainNotificationQueueOnShutdown,
    },
    {
      ...{ clock: host.clock, metrics },
      createClient: (config, sigv4) => {
        const client = clientFactory(deps, 'alertmanager')(config)
        // The service is the one that the original signs for: Amazon's managed Prometheus.
        return sigv4 ? createSignedClient(client, sigv4, 'aps', host) : client
      },
      log: log.with({ component: 'notifier' }),
    },
  )
}

function createRuleManager(deps: ManagersDeps, alerts: NotifierManager): RuleManager {
  const { flags, settings, host, metrics, log, ingest, queries } = deps
  const isConcurrent = settings.features.has('concurrent-rule-eval')
  return new RuleManager(
    {
      resendDelayMs: flags.rulesAlertResendDelay,
      outageToleranceMs: flags.rulesAlertForOutageTolerance,
      forGracePeriodMs: flags.rulesAlertForGracePeriod,
      maxConcurrentEvals: isConcurrent ? flags.rulesMaxConcurrentEvals : 0,
    },
    {
      ...{ clock: host.clock, metrics, queries, alerts },
      appender: ingest,
      log: log.with({ component: 'rule manager' }),
    },
  )
}

function createScrape({
  flags,
  settings,
  host,
  metrics,
  log,
  ingest,
}: ManagersDeps): ScrapeManager {
  const url = new URL(settings.external.href)
  return new ScrapeManager({
    ...{ ingest, clock: host.clock, metrics },
    log: log.with({ component: 'scrape manager' }),
    features: scrapeFeatures(settings.features),
    external: {
      scheme: url.protocol.slice(0, -1),
      host: url.host,
      port: /:(\d+)$/.exec(flags.webListenAddress[0] ?? '')?.[1] ?? '',
    },
  })
}

function createDiscovery(
  deps: ManagersDeps,
  name: 'scrape' | 'notify',
  onTargets: ConstructorParameters<typeof DiscoveryManager>[0]['onTargets'],
): DiscoveryManager {
  const { flags, host, log, version } = deps
  return new DiscoveryManager({
    ...{ name, onTargets, version },
    ...{ clock: host.clock, random: host.random, files: host.files },
    ...{ net: host.net, env: host.env },
    resolver: createResolver(),
    metrics: sdMetricsOf(deps),
    createClient: clientFactory(deps),
    intervalMs: flags.scrapeDiscoveryReloadInterval,
    log: log.with({ component: `discovery manager ${name}` }),
  })
}

const sdMetrics = new WeakMap<Registry, SdMetrics>()

/** Both discovery managers count in the same families. */
function sdMetricsOf({ metrics, host }: ManagersDeps): SdMetrics {
  const known = sdMetrics.get(metrics)
  if (known) return known
  const made = new SdMetrics(metrics, host.clock)
  sdMetrics.set(metrics, made)
  return made
}

function clientFactory({ host, version, metrics }: ManagersDeps, dialer = 'default') {
  const options = { clock: host.clock, env: host.env, userAgent: `Prometheus/${version}` }
  const dials = dialMetrics.get(metrics) ?? new DialMetrics(metrics)
  dialMetrics.set(metrics, dials)
  dials.of('default')
  return (config: HttpClientConfig, name = dialer) =>
    createHttpClient(config, { ...options, onDial: dials.of(name) })
}

const dialMetrics = new WeakMap<Registry, DialMetrics>()
