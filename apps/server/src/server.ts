/** The parts of the server, who feeds whom, and in which order they start. */
import { createHash } from 'node:crypto'
import { type Daemon, readBuildInfo } from '@prom/daemon'
import { printFlagValues } from '@prom/flags'
import { createHttpClient } from '@prom/http'
import { Gauge, mergeFamilies } from '@prom/metrics'
import { printBytes, printDuration } from '@prom/model'
import { ReadClients } from '@prom/remote'
import type { Host } from '@prom/runtime'
import type { IngestOptions, OpenedStorage } from '@prom/scrape'
import type { AgentOptions } from '@prom/tsdb'
import { createConsoles } from './api/consoles.ts'
import { createFederate } from './api/federate.ts'
import { createOtlp } from './api/otlp.ts'
import { createRead } from './api/read.ts'
import { Configuration } from './configuration.ts'
import { createConnectionMetrics } from './connection-metrics.ts'
import { program, type ServerFlags } from './flags.ts'
import { type ForwardDeps, forwardQueries } from './forwarded-queries.ts'
import type { ServerEnvironment } from './main.ts'
import { createManagers } from './managers.ts'
import { Notices, STARTING, STOPPING } from './notices.ts'
import { queryMemory } from './query-memory.ts'
import { Readiness } from './readiness.ts'
import { collectRemoteIn, RemotePart } from './remote-part.ts'
import { addRoutes, type RoutesDeps } from './routes.ts'
import type { ServerConfig } from './server-config.ts'
import { retentionOf, type Settings } from './settings.ts'
import { StoragePart } from './storage-part.ts'
import type { RemoteReads, RunningQueries } from './threads.ts'

export interface ServerDeps {
  readonly flags: ServerFlags
  readonly settings: Settings
  readonly host: Host
  readonly daemon: Daemon
  readonly environment: ServerEnvironment
  /** Already read and checked. */
  readonly first: ServerConfig
  readonly quit: () => void
  /** Set: queries are asked there. */
  readonly forward: ForwardDeps | undefined
}

export interface Server {
  markReady(): void
  markStopping(): void
}

/** Makes all parts and adds them to the daemon's group. */
export function createServer(deps: ServerDeps): Server {
  const { flags, settings, host, daemon, environment, first } = deps
  const { log, metrics, http, group } = daemon
  const { version } = readBuildInfo(host.process)
  const readiness = new Readiness()
  const notices = new Notices(host.clock, metrics)
  notices.add(STARTING)

  let replay = { min: 0, max: 0, current: 0 }
  let opened: OpenedStorage | undefined
  const threadSettings = { version, logLevel: flags.logLevel, logFormat: flags.logFormat }
  const handle = environment.threads.startIngest(threadSettings, host, log, (progress) => {
    replay = progress
  })
  const { ingest } = handle
  const storage = new StoragePart(storageOptions(deps), {
    log,
    handle,
    isAgent: flags.agent,
    onOpened: (one) => {
      opened = one
    },
    onClosing: () => {
      opened = undefined
    },
  })
  const readClients = new ReadClients({
    metrics,
    createClient: (config) => {
      const { clock, env } = host
      return createHttpClient(config, { clock, env, userAgent: `Prometheus/${version}` })
    },
  })
  const remotes: RemoteReads = {
    select: (request) => readClients.select(request),
    counts: new Set(),
    get count() {
      return readClients.count
    },
  }
  const queries = createQueries(deps, () => opened, remotes)
  const managers = createManagers({
    ...{ flags, settings, host, log, metrics, ingest, queries, version },
  })
  const remote = new RemotePart({
    ...{ clock: host.clock, log, ingest, isAgent: flags.agent },
    walDir: `${flags.agent ? flags.storageAgentPath : flags.storageTsdbPath}/wal`,
    flushDeadlineMs: flags.storageRemoteFlushDeadline,
    start: () => environment.threads.startRemoteWrite(threadSettings, host, log),
  })
  const configuration = new Configuration({
    ...{ flags, settings, host, log, metrics, notices, ingest, queries, managers, first, remote },
    applyReads: (configs, externalLabels) => {
      readClients.apply(configs, externalLabels)
      for (const words of remotes.counts) Atomics.store(words, 1, readClients.count)
    },
  })
  const threadMetrics = async () => {
    if (!opened) return []
    const stored = await ingest.metrics()
    return [...stored, ...collectRemoteIn(stored), ...(await remote.metrics())]
  }
  addRoutes(http, {
    ...routesDeps(deps, configuration),
    isAgent: flags.agent,
    ...{ readiness, queries, ingest, exemplars: ingest, rules: managers.rules },
    pools: {
      pools: () => managers.scrape.pools(),
      dropped: () => managers.scrape.droppedTargets(),
      droppedCounts: () => managers.scrape.droppedCounts(),
    },
    alertmanagers: {
      activeUrls: () => managers.notifier.alertmanagers().active,
      droppedUrls: () => managers.notifier.alertmanagers().dropped,
    },
    adminStorage: flags.webEnableAdminApi ? ingest : undefined,
    notices,
    replay: () => replay,
    metricsPage: { ...{ metrics, log }, more: threadMetrics },
    ownMetrics: async () => mergeFamilies([...metrics.gather(), ...(await threadMetrics())]),
    consoles: createConsoles({
      ...{ files: host.files, clock: host.clock, queries },
      folder: flags.webConsoleTemplates,
      libraryFolder: flags.webConsoleLibraries,
      externalUrl: settings.external.href,
      externalLabels: () => configuration.current.config.global.externalLabels,
    }),
    read: createRead({
      queries,
      externalLabels: () => configuration.current.config.global.externalLabels,
      samplesMax: flags.storageRemoteReadSampleLimit,
      frameBytesMax: flags.storageRemoteReadMaxBytesInFrame,
      concurrencyMax: flags.storageRemoteReadConcurrentLimit,
      metrics,
    }),
    otlp: flags.webEnableOtlpReceiver
      ? createOtlp({
          ...{ ingest, features: settings.features, lookbackMs: flags.queryLookbackDelta },
          config: () => configuration.current.config.otlp,
        })
      : undefined,
    federate: createFederate({
      ...{ queries, clock: host.clock, metrics },
      lookbackMs: flags.queryLookbackDelta,
      externalLabels: () => configuration.current.config.global.externalLabels,
    }),
  })
  metrics.register(createConnectionMetrics(http))
  metrics.register(
    new Gauge(
      {
        name: 'prometheus_ready',
        help: 'Whether Prometheus startup was fully completed and the server is ready for normal operation.',
      },
      () => (readiness.isReady ? 1 : 0),
    ),
  )

  // Started in this order, each once the one before is ready; stopped in reverse.
  group.add('http', http) // First up, last down: answers "not ready" while the log replays.
  group.add('remote write', remote) // Sends the rest of the log after storage has closed.
  group.add('storage', storage)
  if (!flags.agent) {
    group.add('queries', queries)
    group.add('notifier', managers.notifier)
    group.add('notify discovery', managers.notifyDiscovery)
  }
  group.add('scrape discovery', managers.scrapeDiscovery)
  group.add('reloader', configuration.reloader) // Ready once the first load has been applied.
  if (flags.configAutoReload || settings.features.has('auto-reload-config')) {
    group.add('auto reload', configuration.createAutoReload())
  }
  if (!flags.agent) group.add('rules', managers.rules) // Stops first: absent() must not see a dying server.
  return {
    markReady: () => {
      notices.remove(STARTING)
      readiness.markReady()
    },
    markStopping: () => {
      notices.add(STOPPING)
      readiness.markStopping()
    },
  }
}

function createQueries(
  { flags, settings, host, daemon, environment, first, forward }: ServerDeps,
  storage: () => OpenedStorage | undefined,
  remotes: RemoteReads,
): RunningQueries {
  const { process: facts } = host
  const local = environment.threads.createQueries(
    {
      timeoutMs: flags.queryTimeout,
      concurrency: flags.queryMaxConcurrency,
      samplesMax: flags.queryMaxSamples,
      ...queryMemory(flags, facts.memoryBytes?.() ?? 0),
      lookbackMs: flags.queryLookbackDelta,
      subqueryStepMs: first.config.global.evaluationInterval,
      features: settings.features,
    },
    () => {
      const opened = storage()
      if (!opened) throw new Error('storage is not open')
      return opened
    },
    { host, log: daemon.log, metrics: daemon.metrics, remotes },
  )
  return forward ? forwardQueries(local, forward) : local
}

type FixedRoutesDeps = Omit<
  RoutesDeps,
  | 'isAgent'
  | 'otlp'
  | 'readiness'
  | 'queries'
  | 'ingest'
  | 'exemplars'
  | 'rules'
  | 'pools'
  | 'alertmanagers'
  | 'notices'
  | 'replay'
  | 'metricsPage'
  | 'ownMetrics'
  | 'federate'
  | 'read'
  | 'adminStorage'
  | 'consoles'
>

/** What the routes need of flags, settings and configuration. */
function routesDeps(deps: ServerDeps, configuration: Configuration): FixedRoutesDeps {
  const { flags, settings, host, daemon, environment, quit } = deps
  const { reloader } = configuration
  const build = readBuildInfo(host.process)
  const { startTimeMs } = host.process
  return {
    ...{ prefix: settings.routePrefix, clock: host.clock, log: daemon.log, build },
    corsOrigin: settings.corsOrigin,
    facts: {
      startTimeMs,
      cwd: host.cwd,
      hostname: host.hostname,
      storageRetention: () => printRetention(retentionOf(configuration.current.config, settings)),
      now: () => host.clock.now(),
      isLastReloadSuccessful: () => reloader.isLastSuccessful,
      lastReloadMs: () => reloader.lastSuccessMs,
      gogc: () => String(configuration.current.config.runtime.gogc),
    },
    subscribersMax: flags.webMaxNotificationsSubscribers,
    flags: shownFlags(flags, settings),
    jobs: () => configuration.current.jobs,
    storageFolder: flags.storageTsdbPath,
    features: {
      isLifecycleOn: flags.webEnableLifecycle,
      isAdminOn: flags.webEnableAdminApi,
      isWriteReceiverOn: flags.webEnableRemoteWriteReceiver,
      isOtlpOn: flags.webEnableOtlpReceiver,
      isAgent: flags.agent,
      isAutoReloadOn: flags.configAutoReload,
      enabled: settings.features,
    },
    configYaml: () => configuration.current.yaml,
    acceptedMessages: flags.webEnableRemoteWriteReceiver
      ? flags.webRemoteWriteReceiverAcceptedProtobufMessages
      : undefined,
    reload: flags.webEnableLifecycle ? reloader.handler() : undefined,
    quit: flags.webEnableLifecycle ? quit : undefined,
    pages: {
      files: host.files,
      uiFolder: environment.uiFolder,
      userFolder: flags.webUserAssets,
      title: flags.webPageTitle,
      version: build.version,
      externalPath: settings.external.path,
      isAgent: flags.agent,
    },
  }
}

/** Compat: defaults that depend on others are shown as what they became. */
function shownFlags(flags: ServerFlags, settings: Settings): Record<string, string> {
  return {
    ...printFlagValues(program, flags),
    'storage.tsdb.max-block-duration': printDuration(settings.blockMaxMs),
    'storage.tsdb.retention.time': printDuration(settings.retentionMs),
    'web.route-prefix': settings.routePrefix === '' ? '/' : settings.routePrefix,
  }
}

/** What holds now: the configuration goes before the flags. */
function printRetention({
  retentionMs,
  retentionBytes,
  retentionPercentage,
}: ReturnType<typeof retentionOf>): string {
  const parts = []
  if (retentionMs > 0) parts.push(printDuration(retentionMs))
  if (retentionBytes > 0) parts.push(printBytes(retentionBytes))
  if (retentionPercentage > 0) parts.push(`${retentionPercentage}%`)
  return parts.join(' or ')
}

function storageOptions({ flags, settings, host, first }: ServerDeps): IngestOptions {
  const { storage, global } = first.config
  const labels = [...global.externalLabels].flat().join('\0')
  const seed = createHash('md5').update(`${host.hostname}\0${labels}`).digest()
  return {
    tsdb: {
      dir: flags.storageTsdbPath,
      ...retentionOf(first.config, settings),
      walCompression: flags.walCompression ? flags.walCompressionType : 'none',
      isLockfileOff: flags.storageTsdbNoLockfile,
      outOfOrderWindowMs: storage.tsdb?.outOfOrderTimeWindow ?? 0,
      ...(settings.features.has('exemplar-storage') && {
        exemplarsMax: storage.exemplars?.maxExemplars ?? 100_000,
      }),
      isSnapshotOn: settings.features.has('memory-snapshot-on-shutdown'),
      isMetadataLogged: settings.features.has('metadata-wal-records'),
      blockMinMs: flags.minBlockDuration,
      blockMaxMs: settings.blockMaxMs,
      samplesPerChunk: flags.samplesPerChunk,
      isOverlapCompactionOff: !flags.allowOverlappingCompaction,
      ...(settings.features.has('delayed-compaction') && {
        delayPercent: flags.delayedCompactionMaxPercent,
      }),
      ...(flags.maxBlockChunkSegmentSize > 0 && { chunkFileBytes: flags.maxBlockChunkSegmentSize }),
      ...(flags.walSegmentSize > 0 && { walSegmentBytes: flags.walSegmentSize }),
    },
    ...(flags.agent && { agent: agentOptions(flags, storage.tsdb?.outOfOrderTimeWindow ?? 0) }),
    offsetSeed: seed.readUInt32BE(0),
    tickMs: flags.blockReloadInterval,
    toleranceMs: flags.scrapeAdjustTimestamps ? flags.scrapeTimestampTolerance : 0,
  }
}

function agentOptions(flags: ServerFlags, outOfOrderWindowMs: number): AgentOptions {
  const { storageAgentRetentionMinTime: min, storageAgentRetentionMaxTime: max } = flags
  const { agentWalTruncateFrequency: frequency, agentWalSegmentSize: segment } = flags
  return {
    dir: flags.storageAgentPath,
    walCompression: flags.storageAgentWalCompression ? flags.agentWalCompressionType : 'none',
    isLockfileOff: flags.storageAgentNoLockfile,
    outOfOrderWindowMs,
    ...(segment > 0 && { walSegmentBytes: segment }),
    ...(frequency > 0 && { truncateFrequencyMs: frequency }),
    ...(min && { retentionMinMs: min }),
    ...(max && { retentionMaxMs: max }),
  }
}
