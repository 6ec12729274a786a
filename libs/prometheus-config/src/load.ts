/** Reads the configuration file and the scrape config files it names. */
import { posix } from 'node:path'
import { quoteGo } from '@prom/model'
import {
  DEFAULT_SCRAPE_PROTOCOLS,
  fillScrapeConfig,
  PROTO_FIRST_SCRAPE_PROTOCOLS,
  type ScrapeConfig,
  scrapeConfig,
} from '@prom/scrape'
import { encodeYaml, field, lineOf, list, loadYaml, placedAs, struct } from '@prom/yaml'
import { ConfigLoadError, describeReadError } from './errors.ts'
import { expandVariables } from './expand-variables.ts'
import {
  emptyPrometheusConfig,
  type PrometheusConfig,
  prometheusConfig,
} from './prometheus-config.ts'

/** What of the host's files is used. */
export interface ConfigFiles {
  readText(path: string): Promise<string>
  glob(pattern: string): string[]
}

export interface LoadOptions {
  /** For `$VAR` in external labels; default: none is set. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly agentMode?: boolean
  readonly ignoreUnknownFields?: boolean
  /** What feature flags make the default of jobs that do not say otherwise. */
  readonly scrape?: ScrapeFlags
  /** Error texts name scrape config files by their full path, starting here when relative. */
  readonly cwd?: string
}

export interface ScrapeFlags {
  /** Protobuf is asked for first. */
  readonly isProtoFirst: boolean
  readonly takesNativeHistograms: boolean
  readonly hasExtraMetrics: boolean
}

export interface LoadedConfig {
  readonly config: PrometheusConfig
  /** The jobs of the file and of its `scrape_config_files`, defaults filled in. */
  readonly jobs: readonly ScrapeConfig[]
  /** Worth a line in the log, and no reason to stop. */
  readonly warnings: readonly string[]
  /** Every file that was read, for watching. */
  readonly files: readonly string[]
}

/** Throws ConfigLoadError; then nothing of the file is used. */
export async function loadPrometheusConfig(
  files: ConfigFiles,
  path: string,
  options: LoadOptions = {},
): Promise<LoadedConfig> {
  const text = await readText(files, path)
  const { config, warnings } = parsePrometheusConfig(text, path, options)
  const extra = await loadJobFiles(files, config, options)
  return {
    config,
    jobs: [...config.scrapeConfigs, ...extra.jobs].map((job) => flagged(job, options.scrape)),
    warnings,
    files: [path, ...extra.paths],
  }
}

/** As `loadPrometheusConfig`, of one file's text alone. */
export function parsePrometheusConfig(
  text: string,
  path: string,
  options: LoadOptions = {},
): { readonly config: PrometheusConfig; readonly warnings: readonly string[] } {
  const loaded = loadYaml(text, prometheusConfig, path, {
    directory: posix.dirname(path),
    empty: emptyPrometheusConfig,
    ignoreUnknownFields: options.ignoreUnknownFields ?? false,
  })
  if ('errors' in loaded) {
    const line = loaded.errors[0]?.line ?? 0
    throw new ConfigLoadError(`parsing YAML file ${path}: ${loaded.message}`, path, line)
  }
  if (options.agentMode) refuseServerParts(loaded.value, path)
  const { labels, warnings } = expandVariables(
    loaded.value.global.externalLabels,
    options.env ?? {},
  )
  const value = options.scrape?.isProtoFirst ? protoFirst(loaded.value) : loaded.value
  const global = { ...value.global, externalLabels: labels }
  return { config: placedAs(loaded.value, { ...value, global }), warnings }
}

/** Protobuf first wherever the file leaves the protocols to the default. */
function protoFirst(config: PrometheusConfig): PrometheusConfig {
  const change = <T extends { readonly scrapeProtocols: readonly string[] }>(part: T): T =>
    part.scrapeProtocols === DEFAULT_SCRAPE_PROTOCOLS
      ? placedAs(part, { ...part, scrapeProtocols: PROTO_FIRST_SCRAPE_PROTOCOLS })
      : part
  const { global, scrapeConfigs } = config
  return { ...config, global: change(global), scrapeConfigs: scrapeConfigs.map(change) }
}

function flagged(job: ScrapeConfig, flags: ScrapeFlags | undefined): ScrapeConfig {
  if (!flags?.takesNativeHistograms && !flags?.hasExtraMetrics) return job
  return placedAs(job, {
    ...job,
    scrapeNativeHistograms:
      job.scrapeNativeHistograms ?? (flags.takesNativeHistograms || undefined),
    extraScrapeMetrics: job.extraScrapeMetrics ?? (flags.hasExtraMetrics || undefined),
  })
}

/** The effective configuration as `/api/v1/status/config` shows it: defaults filled in, secrets hidden. */
export function printPrometheusConfig(config: PrometheusConfig): string {
  return encodeYaml(prometheusConfig.encode(config) ?? {})
}

/** The paths `rule_files` matches, each once, sorted within a pattern. */
export function ruleFilePaths(files: ConfigFiles, config: PrometheusConfig): readonly string[] {
  return [...new Set(config.ruleFiles.flatMap((pattern) => files.glob(pattern)))]
}

const jobFile = struct('config.ScrapeConfigs', {
  scrapeConfigs: field(
    'scrape_configs',
    list(scrapeConfig, { nullError: 'empty or null scrape config section' }),
  ),
})

async function loadJobFiles(
  files: ConfigFiles,
  config: PrometheusConfig,
  options: LoadOptions,
): Promise<{ readonly jobs: readonly ScrapeConfig[]; readonly paths: readonly string[] }> {
  const homes = new Map(config.scrapeConfigs.map((job) => [job.jobName, '']))
  const jobs: ScrapeConfig[] = []
  const paths = config.scrapeConfigFiles.flatMap((pattern) => files.glob(pattern))
  for (const path of paths) {
    const fullPath = posix.resolve(options.cwd ?? '/', path)
    const refuse = (text: string, line: number): never => {
      const place = line > 0 ? ` (line ${line})` : ''
      throw new ConfigLoadError(`${quoteGo(fullPath)}: ${text}${place}`, path, line, true)
    }
    const loaded = loadYaml(await readText(files, path), jobFile, path, {
      directory: posix.dirname(path),
      ignoreUnknownFields: options.ignoreUnknownFields ?? false,
    })
    if ('errors' in loaded) return refuse(loaded.message, 0)
    for (const job of loaded.value.scrapeConfigs) {
      const filled = fillScrapeConfig(job, config.global)
      if ('error' in filled) return refuse(filled.error, lineOf(job))
      const home = homes.get(job.jobName)
      if (home !== undefined) {
        const where = home === '' ? 'main config file' : quoteGo(home)
        const text = `found multiple scrape configs with job name ${quoteGo(job.jobName)}, first found in ${where}`
        return refuse(text, lineOf(job, 'job_name'))
      }
      homes.set(job.jobName, fullPath)
      jobs.push(filled.config)
    }
  }
  return { jobs, paths }
}

async function readText(files: ConfigFiles, path: string): Promise<string> {
  try {
    return await files.readText(path)
  } catch (err) {
    throw new ConfigLoadError(describeReadError(err, path), path, 0)
  }
}

function refuseServerParts(config: PrometheusConfig, path: string): void {
  const { alerting } = config
  const used = [
    ['alerting', alerting.alertmanagers.length + alerting.alertRelabelConfigs.length > 0],
    ['rule_files', config.ruleFiles.length > 0],
    ['remote_read', config.remoteRead.length > 0],
  ] as const
  for (const [key, isUsed] of used) {
    if (!isUsed) continue
    throw new ConfigLoadError(`field ${key} is not allowed in agent mode`, path, 0)
  }
}
