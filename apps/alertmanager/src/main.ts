/** Alertmanager, top to bottom: flags, state, configuration, routes, run. */
import { createHash } from 'node:crypto'
import {
  AlertMarks,
  AlertStore,
  DispatcherMetrics,
  History,
  MatcherParser,
  NotificationLog,
  NotifyMetrics,
  Silences,
  StateFile,
} from '@prom/alerting'
import { loadAlertmanagerConfig, readTemplates } from '@prom/alertmanager-config'
import type { Cluster } from '@prom/cluster'
import {
  computeExternalUrl,
  computeRoutePrefix,
  createDaemon,
  describeBuild,
  printVersion,
  Reloader,
  readBuildInfo,
} from '@prom/daemon'
import { readCommandLine } from '@prom/flags'
import { createHttpClient, DialMetrics, openUiFiles } from '@prom/http'
import { CounterVec, Gauge, type Registry } from '@prom/metrics'
import { printGoDuration } from '@prom/model'
import { NotificationTemplates, type ReceiverDeps } from '@prom/receivers'
import type { Host, Logger } from '@prom/runtime'
import { AlertingPart } from './alerting-part.ts'
import { alertGroupsEndpoint } from './api/alert-groups.ts'
import { alertsEndpoint } from './api/alerts.ts'
import { Api } from './api/api.ts'
import { explainEndpoints } from './api/explain.ts'
import { historyEndpoint } from './api/history.ts'
import { receiverTestEndpoints } from './api/receiver-test.ts'
import { receiversEndpoint } from './api/receivers.ts'
import { silencesEndpoints } from './api/silences.ts'
import { statusEndpoint } from './api/status.ts'
import { type Features, parseFeatures } from './features.ts'
import { program } from './flags.ts'
import { Maintenance } from './maintenance.ts'
import { addAlertMetrics, addConfigMetrics, presetNotifyMetrics } from './metrics.ts'
import { createCluster } from './open-cluster.ts'
import { addRoutes } from './routes.ts'

/** What the program is made with besides its host. */
export interface AlertmanagerEnvironment {
  /** Where the built web UI lies; without it there is a plain first page. */
  readonly uiFolder?: string
}

export async function main(
  argv: readonly string[],
  host: Host,
  environment: AlertmanagerEnvironment = {},
): Promise<number> {
  const line = readCommandLine(program, argv, {
    stdout: host.stdout,
    stderr: host.stderr,
    version: printVersion('alertmanager', host.process),
  })
  if ('exitCode' in line) return line.exitCode
  const { flags } = line
  const daemon = createDaemon(
    {
      name: 'alertmanager',
      logLevel: flags.logLevel,
      logFormat: flags.logFormat,
      http: {
        addresses: flags.listenAddress,
        webConfigFile: flags.webConfigFile,
        ...(flags.systemdSocket && { systemdSocket: true }),
      },
    },
    host,
  )
  const { log, metrics, http, group } = daemon
  const build = describeBuild(host.process)
  log.info('Starting Alertmanager', { version: build.version })
  log.info('Build context', { build_context: build.buildContext })

  let features: Features
  try {
    features = parseFeatures(flags.features)
    checkIntervals(flags)
  } catch (err) {
    log.error('Invalid command line', { err })
    return 1
  }
  let external: ReturnType<typeof computeExternalUrl>
  try {
    const address = flags.listenAddress[0] ?? ''
    external = computeExternalUrl(flags.externalUrl ?? '', address, host.hostname)
  } catch (err) {
    log.error('failed to determine external URL', { err })
    return 1
  }

  const { clock, random, files } = host
  const parser = new MatcherParser(features.matcherMode, log)
  const base = { clock, random, log, metrics }
  const marks = new AlertMarks()
  const limited = metrics.register(
    new CounterVec({
      name: 'alertmanager_alerts_limited_total',
      help: 'Total number of alerts that were dropped due to per alert name limit',
      labelNames: features.names.has('alert-names-in-metrics') ? ['alertname'] : [],
    }),
  )
  const history = new History(flags.historyMax)
  const store = new AlertStore(
    { perAlertnameMax: flags.alertsPerNameMax },
    (alertname) =>
      limited.of(...(features.names.has('alert-names-in-metrics') ? [alertname] : [])).inc(),
    history,
  )
  const notificationLog = new NotificationLog(flags.retentionMs, {
    ...base,
    file: new StateFile(files, `${flags.storagePath}/nflog`),
  })
  const silences = new Silences(
    {
      retentionMs: flags.retentionMs,
      silencesMax: flags.silencesMax,
      sizeMaxBytes: flags.silenceSizeMaxBytes,
      isLogging: flags.logSilences,
    },
    {
      ...base,
      isLabelName: (name) => parser.isLabelName(name),
      history,
      file: new StateFile(files, `${flags.storagePath}/silences`),
    },
  )
  try {
    files.mkdirSync(flags.storagePath)
    notificationLog.load()
    silences.load()
  } catch (err) {
    log.error('Unable to open the stored state', { path: flags.storagePath, err })
    return 1
  }

  let cluster: Cluster | undefined
  try {
    cluster = createCluster(flags, host, { log, metrics })
    // Keys of the original's gossip.
    cluster?.share('nfl', notificationLog)
    cluster?.share('sil', silences)
    await cluster?.open()
  } catch (err) {
    log.error('unable to initialize gossip mesh', { flag: '--cluster.listen-address', err })
    return 1
  }

  const notifyMetrics = new NotifyMetrics(metrics, features.names.has('receiver-name-in-metrics'))
  if (!features.names.has('receiver-name-in-metrics')) presetNotifyMetrics(notifyMetrics)
  const userAgent = `Alertmanager/${readBuildInfo(host.process).version}`
  const dials = new DialMetrics(metrics)
  const receiverDeps = (templates: NotificationTemplates, kind: string): ReceiverDeps => ({
    createClient: (config) =>
      createHttpClient(config, { clock, userAgent, env: host.env, onDial: dials.of(kind) }),
    templates,
    files,
    net: host.net,
    clock,
    random,
    log,
    env: host.env,
    hostname: host.hostname,
    userAgent,
  })
  const alerting = new AlertingPart({
    clock,
    random,
    log,
    store,
    marks,
    silences,
    notificationLog,
    notifyMetrics,
    dispatcherMetrics: new DispatcherMetrics(metrics),
    peer: cluster,
    peerTimeoutMs: flags.clusterPeerTimeoutMs,
    startAtMs: clock.now() + flags.dispatchStartDelayMs,
    receiverDeps,
    history,
    maintenanceIntervalMs: flags.dispatchMaintenanceIntervalMs,
  })
  addClusterMetrics(metrics, cluster !== undefined)
  const alertMetrics = addAlertMetrics(metrics, {
    store,
    marks,
    clock,
    limited,
    perAlertnameMax: Math.max(0, flags.alertsPerNameMax),
  })
  const configMetrics = addConfigMetrics(metrics, alerting)

  const load = async () => {
    const { configFile } = flags
    log.info('Loading configuration file', { file: configFile })
    try {
      const loaded = loadAlertmanagerConfig(files, configFile, parser)
      if ('error' in loaded) throw new Error(loaded.error)
      const { config } = loaded
      for (const section of config.withoutEffect) {
        log.warn('A section of the configuration file has no effect in this build', { section })
      }
      warnIntervals(config.route.options, flags.retentionMs, log)
      const templates = new NotificationTemplates(readTemplates(files, config.templates), {
        externalUrl: external.href,
        now: () => clock.now(),
      })
      await alerting.apply(config, templates)
      configMetrics.hash.set(configHash(loaded.text))
      log.info('Completed loading of configuration file', { file: configFile })
    } catch (err) {
      log.error('Loading configuration file failed', { file: configFile, err })
      throw err
    }
  }
  const reloader = new Reloader(
    { metricPrefix: 'alertmanager_config', load },
    { ...host, log, metrics },
  )

  const alertsDeps = { clock, parser, store, marks, silences, alerting, ...alertMetrics }
  const api = new Api(
    [
      statusEndpoint({
        alerting,
        build: readBuildInfo(host.process),
        startedAtMs: clock.now(),
        cluster: () => cluster?.status() ?? { peers: [], status: 'disabled' },
      }),
      receiversEndpoint(alerting, parser),
      alertsEndpoint(alertsDeps),
      alertGroupsEndpoint(alertsDeps),
      ...silencesEndpoints({ clock, parser, silences }),
      historyEndpoint({ history, parser, clock }),
      ...explainEndpoints({ ...alertsDeps, notificationLog }),
      ...receiverTestEndpoints({ clock, alerting, receiverDeps, canSend: flags.receiverTest }),
    ],
    log,
  )
  addRoutes(
    daemon,
    {
      prefix: computeRoutePrefix(flags.routePrefix, external),
      version: readBuildInfo(host.process).version,
      getMax: flags.getConcurrency > 0 ? flags.getConcurrency : 8,
      timeoutMs: flags.webTimeoutMs,
      timeoutText: printGoDuration(flags.webTimeoutMs * 1e6),
    },
    {
      api,
      reloader,
      clock,
      ui: environment.uiFolder === undefined ? undefined : openUiFiles(environment.uiFolder, files),
    },
  )

  host.signals.stop.addEventListener('abort', () => {
    log.info('Received SIGTERM, exiting gracefully...')
  })

  // The configuration first: nothing is asked before it is there. The state is written last of all.
  group.add(
    'maintenance',
    new Maintenance(flags, { clock, store, marks, silences, notificationLog }),
  )
  if (cluster) group.add('cluster', cluster)
  group.add('alerting', alerting)
  group.add('reloader', reloader)
  group.add('http', http)
  return daemon.run()
}

function checkIntervals(flags: {
  readonly retentionMs: number
  readonly maintenanceIntervalMs: number
  readonly alertGcIntervalMs: number
  readonly dispatchMaintenanceIntervalMs: number
}): void {
  const checks: [string, number][] = [
    ['data.retention', flags.retentionMs],
    ['data.maintenance-interval', flags.maintenanceIntervalMs],
    ['alerts.gc-interval', flags.alertGcIntervalMs],
    ['dispatch.maintenance-interval', flags.dispatchMaintenanceIntervalMs],
  ]
  for (const [name, ms] of checks) {
    if (!(ms > 0)) throw new Error(`--${name} must be greater than 0`)
  }
}

function warnIntervals(
  options: {
    readonly repeatIntervalMs: number
    readonly groupIntervalMs: number
    readonly receiver: string
  },
  retentionMs: number,
  log: Logger,
): void {
  const { repeatIntervalMs, groupIntervalMs } = options
  if (repeatIntervalMs > retentionMs) {
    log.warn(
      'repeat_interval is greater than the data retention period. It can lead to notifications being repeated more often than expected.',
      { repeat_interval: repeatIntervalMs / 1000, retention: retentionMs / 1000 },
    )
  }
  if (repeatIntervalMs < groupIntervalMs) {
    log.warn(
      'repeat_interval is less than group_interval. Notifications will not repeat until the next group_interval.',
      { repeat_interval: repeatIntervalMs / 1000, group_interval: groupIntervalMs / 1000 },
    )
  }
}

function addClusterMetrics(metrics: Registry, isEnabled: boolean): void {
  metrics.register(
    new Gauge(
      {
        name: 'alertmanager_cluster_enabled',
        help: 'Indicates whether the clustering is enabled or not.',
      },
      () => (isEnabled ? 1 : 0),
    ),
  )
}

/** The first six bytes of the MD5 of the file, as a number. */
function configHash(text: string): number {
  return createHash('md5').update(text).digest().readUIntLE(0, 6)
}
