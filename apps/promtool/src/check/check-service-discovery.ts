/** `promtool check service-discovery`: what a job's discovery finds, and what relabelling makes of it. */
import { posix } from 'node:path'
import { DiscoveryManager, SdMetrics, type TargetGroup } from '@prom/discovery'
import { createHttpClient } from '@prom/http'
import { Labels } from '@prom/labels'
import { Registry } from '@prom/metrics'
import { printDuration } from '@prom/model'
import { ConfigLoadError, loadPrometheusConfig } from '@prom/prometheus-config'
import { relabel } from '@prom/relabel'
import { createResolver } from '@prom/runtime/node'
import { buildTarget, type ScrapeConfig } from '@prom/scrape'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { globHere } from './check-config.ts'

export interface CheckServiceDiscoveryValues {
  readonly configFile: string
  readonly job: string
  /** How long discovery is given. */
  readonly timeoutMs: number
}

interface Found {
  readonly discoveredLabels: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** Compat: the original's JSON says that there was an error, not which. */
  readonly error?: Record<string, never>
}

export async function checkServiceDiscovery(
  values: CheckServiceDiscoveryValues,
  context: Context,
): Promise<number> {
  const { stdout, stderr } = context.host
  let jobs: readonly ScrapeConfig[]
  try {
    jobs = await loadJobs(values.configFile, context)
  } catch (err) {
    if (!(err instanceof ConfigLoadError)) throw err
    stderr.write(`Cannot load config ${err.message}\n`)
    return EXIT_FAILURE
  }
  const job = jobs.find(({ jobName }) => jobName === values.job)
  if (!job) {
    stderr.write(`Job ${values.job} not found. Select one of:\n`)
    for (const { jobName } of jobs) stderr.write(`\t${jobName}\n`)
    return EXIT_FAILURE
  }
  const groups = await discover(job, values.timeoutMs, context)
  stdout.write(printJson(groups.flatMap((group) => foundIn(group, job))))
  return EXIT_OK
}

async function loadJobs(path: string, context: Context): Promise<readonly ScrapeConfig[]> {
  const { files, cwd, env } = context.host
  const reader = {
    readText: (name: string) => files.readText(posix.resolve(cwd, name)),
    glob: (pattern: string) => globHere(pattern, context),
  }
  return (await loadPrometheusConfig(reader, path, { env, cwd })).jobs
}

async function discover(
  job: ScrapeConfig,
  timeoutMs: number,
  { host }: Context,
): Promise<readonly TargetGroup[]> {
  const silent = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent }
  const manager = new DiscoveryManager({
    ...host,
    resolver: createResolver(),
    name: 'scrape',
    log: silent,
    metrics: new SdMetrics(new Registry(), host.clock),
    version: 'promtool',
    createClient: (config) => createHttpClient(config, { clock: host.clock, env: host.env }),
    onTargets: () => {},
  })
  const stop = new AbortController()
  const running = manager.run(stop.signal, () => {})
  await manager.apply(new Map([[job.jobName, job.discovery]]))
  // Written targets are there at once; everything else is given the whole time, as answers may change.
  const { static: _written, ...asked } = job.discovery
  if (Object.values(asked).some((entries) => (entries?.length ?? 0) > 0))
    await host.clock.sleep(timeoutMs)
  const groups = manager.targets().get(job.jobName) ?? []
  stop.abort()
  await running
  return groups
}

function foundIn(group: TargetGroup, job: ScrapeConfig): Found[] {
  return group.targets.map((own) => {
    const discovered = withDefaults({ ...group.labels, ...own }, job)
    const discoveredLabels = shown(discovered)
    const built = buildTarget(own, group, job, {
      scheme: 'http',
      host: 'localhost:9090',
      port: '9090',
    })
    if (built.kind === 'failed') return { discoveredLabels, labels: {}, error: {} }
    const nameValidation = job.metricNameValidationScheme === 'legacy' ? 'legacy' : 'utf8'
    const relabelled = relabel(discovered, job.relabelConfigs, { nameValidation })
    if (built.kind === 'dropped' || relabelled === undefined)
      return { discoveredLabels, labels: {} }
    const hasInstance = relabelled.has('instance')
    const labels = hasInstance
      ? relabelled
      : relabelled.with('instance', relabelled.get('__address__'))
    return { discoveredLabels, labels: withoutMeta(shown(labels)) }
  })
}

function withDefaults(labels: Readonly<Record<string, string>>, job: ScrapeConfig): Labels {
  const params = [...job.params].flatMap(([name, [first]]) =>
    first === undefined ? [] : [[`__param_${name}`, first] as const],
  )
  return Labels.from({
    job: job.jobName,
    __scrape_interval__: printDuration(job.scrapeInterval),
    __scrape_timeout__: printDuration(job.scrapeTimeout),
    __metrics_path__: job.metricsPath,
    __scheme__: job.scheme,
    ...Object.fromEntries(params),
    ...labels,
  })
}

const shown = (labels: Labels) => labels.toObject()

const withoutMeta = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('__meta_')))

/** Each result once, two spaces deep, as Go prints JSON. */
function printJson(found: readonly Found[]): string {
  const seen = new Set<string>()
  const unique = found.filter((result) => {
    const key = JSON.stringify(result)
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
  if (unique.length === 0) return 'null'
  return JSON.stringify(unique, undefined, 2).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
