/** The Pushgateway, top to bottom: flags, store, routes, run. */
import {
  computeRoutePrefix,
  createDaemon,
  describeBuild,
  printVersion,
  readBuildInfo,
} from '@prom/daemon'
import { readCommandLine } from '@prom/flags'
import type { MetricFamily, Registry } from '@prom/metrics'
import { Expiry, Persistence, PushStore } from '@prom/push-store'
import type { Clock, Host, Part } from '@prom/runtime'
import { externalPath } from './external-path.ts'
import { program } from './flags.ts'
import { addRoutes } from './routes.ts'

export async function main(argv: readonly string[], host: Host): Promise<number> {
  const line = readCommandLine(program, argv, {
    stdout: host.stdout,
    stderr: host.stderr,
    version: printVersion('pushgateway', host.process),
  })
  if ('exitCode' in line) return line.exitCode
  const { flags } = line
  const daemon = createDaemon(
    {
      name: 'pushgateway',
      logLevel: flags.logLevel,
      logFormat: flags.logFormat,
      http: {
        addresses: flags.listenAddress,
        webConfigFile: flags.webConfigFile,
        // Whoever has not sent a push whole when the end comes has no answer either way.
        cutsOnStop: true,
        ...(flags.systemdSocket && { systemdSocket: true }),
      },
    },
    host,
  )
  const { log, metrics, http, group } = daemon
  const build = describeBuild(host.process)
  const { startTimeMs } = host.process
  log.info('starting pushgateway', { version: build.version })
  log.info('Build context', { build_context: build.buildContext })

  const linkPrefix = externalPath(flags.externalUrl)
  const prefix = computeRoutePrefix(flags.routePrefix, { href: '', path: linkPrefix })

  const base = { clock: host.clock, log }
  const seed = Math.floor(host.random.next() * 2 ** 32)
  const store = new PushStore({ ...base, own: ownFamilies(metrics, host.clock), seed })
  if (flags.persistenceFile !== '') {
    const persistence = new Persistence(
      { file: flags.persistenceFile, intervalMs: flags.persistenceInterval },
      { ...base, store, files: host.files },
    )
    persistence.load()
    group.add('persistence', persistence)
  }
  group.add(
    'expiry',
    new Expiry(flags.expireAfter > 0 ? flags.expireAfter : undefined, { ...base, store }),
  )
  const lifecycle = new Lifecycle()
  group.add('lifecycle', lifecycle)
  addRoutes(http, {
    flags,
    prefix,
    linkPrefix: linkPrefix || prefix,
    store,
    metrics,
    build: readBuildInfo(host.process),
    clock: host.clock,
    startTimeMs,
    log,
    seed,
    quit: () => lifecycle.quit(),
  })
  // First down, so that the last push is in the file that is written after it.
  group.add('http', http)
  return daemon.run()
}

/** Types and helps of our own families hardly change: asking at every push would read /proc each time. */
function ownFamilies(metrics: Registry, clock: Clock): () => readonly MetricFamily[] {
  const KEPT_MS = 10_000
  let families: readonly MetricFamily[] = []
  let atMs = -Infinity
  return () => {
    if (clock.monotonic() - atMs > KEPT_MS) {
      families = metrics.gather()
      atMs = clock.monotonic()
    }
    return families
  }
}

/** Ends the program when somebody asks for it by HTTP. */
class Lifecycle implements Part {
  readonly #asked = new AbortController()

  quit(): void {
    this.#asked.abort()
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    ready()
    const either = AbortSignal.any([signal, this.#asked.signal])
    if (either.aborted) return
    await new Promise<void>((resolve) => {
      either.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}
