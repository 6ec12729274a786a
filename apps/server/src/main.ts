/** The Prometheus server: flags, the first look at its configuration, the parts, run. */
import { createDaemon, describeBuild, printVersion, readBuildInfo } from '@prom/daemon'
import { readCommandLine } from '@prom/flags'
import { engineFromFeatures } from '@prom/query'
import { createLogger, type Host } from '@prom/runtime'
import { logFeatures } from './feature-notes.ts'
import { program, type ServerFlags } from './flags.ts'
import { type ForwardDeps, openForward } from './forwarded-queries.ts'
import { scrapeFlags } from './scrape-flags.ts'
import { createServer } from './server.ts'
import { absolutePath, loadServerConfig, type ServerConfig, startMessage } from './server-config.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'
import type { ServerThreads } from './threads.ts'

/** What the program is made with besides its host. */
export interface ServerEnvironment {
  readonly threads: ServerThreads
  /** Where the built web UI lies. */
  readonly uiFolder: string
  /** Told the address once the server is ready; for tests. */
  readonly onReady?: (server: { readonly port: number }) => void
}

export async function main(
  argv: readonly string[],
  host: Host,
  environment: ServerEnvironment,
): Promise<number> {
  const version = printVersion('prometheus', host.process)
  const line = readCommandLine(program, argv, { ...host, version })
  if ('exitCode' in line) return line.exitCode
  const { flags } = line
  let settings: Settings
  try {
    settings = readSettings(flags, givenFlags(argv), host.hostname)
  } catch (err) {
    if (!(err instanceof SettingsError)) throw err
    host.stderr.write(`${err.message}\n`)
    return err.exitCode
  }

  const first = await loadFirst(flags, settings, host)
  if (!first) return 2
  let forward: ForwardDeps | undefined
  try {
    forward = await openForward(flags, host, readBuildInfo(host.process).version)
  } catch (err) {
    host.stderr.write(`${(err as Error).message}\n`)
    return 1
  }
  const quit = new AbortController()
  const stop = AbortSignal.any([host.signals.stop, quit.signal])
  const signals = { stop, onHangup: (call: () => void) => host.signals.onHangup(call) }
  const daemon = createDaemon(
    {
      name: 'prometheus',
      logLevel: flags.logLevel,
      logFormat: flags.logFormat,
      httpMetricsPrefix: 'prometheus',
      http: {
        addresses: flags.webListenAddress,
        webConfigFile: flags.webConfigFile,
        connectionsMax: flags.webMaxConnections,
        readTimeoutMs: flags.webReadTimeout,
      },
    },
    { ...host, signals },
  )
  const { log } = daemon
  for (const option of settings.unknownFeatures) {
    log.warn('Unknown option for --enable-feature', { option })
  }
  logFeatures(settings.features, log)
  const build = describeBuild(host.process)
  const { agent } = flags
  log.info(agent ? 'Starting Prometheus Agent' : 'Starting Prometheus Server', {
    mode: agent ? 'agent' : 'server',
    version: build.version,
  })
  log.info('operational information', { build_context: build.buildContext })

  const server = createServer({
    ...{ flags, settings, host, daemon, environment, first, forward },
    quit: () => {
      log.warn('Received termination request via web service, exiting gracefully...')
      quit.abort()
    },
  })
  host.signals.stop.addEventListener('abort', () => {
    const name = host.signals.stop.reason === 'SIGINT' ? 'interrupt' : 'terminated'
    log.warn('Received an OS signal, exiting gracefully...', { signal: name })
  })
  stop.addEventListener('abort', () => server.markStopping())
  const exitCode = await daemon.run(() => {
    server.markReady()
    log.info('Server is ready to receive web requests.')
    environment.onReady?.({ port: daemon.http.port })
  })
  log.info('See you next time!')
  return exitCode
}

/** A configuration that is wrong at the start ends the program before anything is opened. */
async function loadFirst(
  flags: ServerFlags,
  { features }: Settings,
  host: Host,
): Promise<ServerConfig | undefined> {
  const { configFile, logLevel, logFormat, agent } = flags
  const log = createLogger(
    { level: logLevel, format: logFormat },
    (line) => host.stderr.write(line),
    host.clock,
  )
  try {
    return await loadServerConfig(host.files, configFile, {
      agentMode: agent,
      env: host.env,
      promql: engineFromFeatures(features).parse,
      scrape: scrapeFlags(features),
    })
  } catch (err) {
    log.error(startMessage(err, configFile), { file: absolutePath(host.cwd, configFile), err })
    return undefined
  }
}

/** `--x` of `--x=v`, for the flags that stand on the command line. */
function givenFlags(argv: readonly string[]): string[] {
  const end = argv.indexOf('--')
  return argv
    .slice(0, end < 0 ? argv.length : end)
    .filter((word) => word.startsWith('--'))
    .map((word) => word.split('=')[0] as string)
}
