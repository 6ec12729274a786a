/** node_exporter, top to bottom: flags, collectors, routes, run. */
import { collectors, createCollectors, createSystemFacts, type KernelCalls } from '@prom/collectors'
import {
  addProfileRoutes,
  createBuildInfoMetric,
  createDaemon,
  describeBuild,
  LANDING_PAGE_HEADERS,
  printVersion,
} from '@prom/daemon'
import { readCommandLine } from '@prom/flags'
import { type HttpHandler, respond } from '@prom/http'
import { createProcessMetrics, Registry } from '@prom/metrics'
import type { Host, Logger } from '@prom/runtime'
import { createMetricsHandler } from './api/metrics.ts'
import { collectorValues, enabledCollectors, program } from './flags.ts'
import { printPage } from './landing-page.ts'
import { tidyPath } from './tidy-path.ts'

/** As the original's runtime ends when it cannot go on. */
const EXIT_PANIC = 2
/** Go's handlers do not ask; HEAD is what probes of reachability send. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']

export async function main(
  argv: readonly string[],
  host: Host,
  kernel?: KernelCalls,
): Promise<number> {
  const line = readCommandLine(program, argv, {
    stdout: host.stdout,
    stderr: host.stderr,
    version: printVersion('node_exporter', host.process),
  })
  if ('exitCode' in line) return line.exitCode
  const { flags } = line
  const daemon = createDaemon(
    {
      name: 'node_exporter',
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
  const { log, http, group } = daemon
  const { process: facts } = host
  if (facts.os !== undefined && facts.os !== 'linux') {
    log.error('node_exporter reads what the Linux kernel tells; it does not run on this system', {
      os: facts.os,
    })
    return 1
  }
  const build = describeBuild(host.process)
  log.info('Starting node_exporter', { version: build.version })
  log.info('Build context', { build_context: build.buildContext })
  warnRoot(host, log)

  const values = collectorValues(flags as Record<string, unknown>, argv)
  const isEnabled = enabledCollectors(values, flags.disableDefaults)
  const enabled = new Set(collectors.filter(isEnabled).map(({ name }) => name))
  let set: ReturnType<typeof createCollectors>
  try {
    set = createCollectors({
      paths: {
        proc: flags.procPath,
        sys: flags.sysPath,
        root: flags.rootPath,
        udev: flags.udevPath,
      },
      flags: values,
      host,
      log,
      system: createSystemFacts(host, kernel),
      isEnabled: (name) => enabled.has(name),
    })
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err)
    host.stderr.write(
      `panic: Couldn't create metrics handler: couldn't create collector: ${reason}\n`,
    )
    return EXIT_PANIC
  }
  log.info('Enabled collectors')
  for (const name of set.names()) log.info(name)

  const own = new Registry()
  own.register(createProcessMetrics(host.process))
  const buildMetrics = new Registry()
  buildMetrics.register(createBuildInfoMetric('node_exporter', host.process))
  const metrics = createMetricsHandler({
    set,
    known: new Set(collectors.map(({ name }) => name)),
    build: buildMetrics,
    own: flags.disableExporterMetrics ? undefined : own,
    requestsMax: flags.maxRequests,
    log,
  })
  http.filter(tidyPath)
  for (const method of METHODS) http.raw(method, flags.telemetryPath, metrics)
  addProfileRoutes(http, '', host.clock)
  if (flags.telemetryPath !== '/') {
    const page = () =>
      printPage({
        version: build.version,
        telemetryPath: flags.telemetryPath,
        names: collectors.map(({ name }) => name).sort(),
        isEnabled: (name) => enabled.has(name),
        lastRun: (name) => set.lastRun(name),
      })
    const landing: HttpHandler = (_request, response) =>
      respond(response, {
        contentType: 'text/html; charset=UTF-8',
        headers: LANDING_PAGE_HEADERS,
        body: page(),
      })
    for (const method of METHODS) http.raw(method, '/', landing)
  }
  group.add('http', http)
  return daemon.run()
}

function warnRoot({ files }: Host, log: Logger): void {
  try {
    if (!/^Uid:\s+0\s/m.test(files.readTextSync('/proc/self/status'))) return
  } catch {
    return
  }
  log.warn(
    'Node Exporter is running as root user. This exporter is designed to run as unprivileged user, root is not required.',
  )
}
