/** The whole configuration file of the server. */

import { quoteGo } from '@prom/model'
import { type AlertingConfig, alertingConfig } from '@prom/notifier'
import { remoteReadConfig, remoteWriteConfig } from '@prom/remote'
import { fillScrapeConfig, type ScrapeConfig, scrapeConfig } from '@prom/scrape'
import {
  type Broken,
  ConfigError,
  field,
  type Infer,
  lineOf,
  list,
  pathLike,
  struct,
} from '@prom/yaml'
import { type GlobalConfig, globalConfig, runtimeConfig } from './global-config.ts'
import { otlpConfig } from './otlp-config.ts'
import { storageConfig } from './storage-config.ts'
import { tracingConfig } from './tracing-config.ts'

/** What the original sets GOGC to when neither file nor environment says. */
const DEFAULT_GOGC = 75

/** A `*` may stand in the last part of the path only. */
const pathPattern = /^[^*]*(\*[^/]*)?$/

const globPath = (kind: string) =>
  pathLike((text) =>
    pathPattern.test(text) ? undefined : `invalid ${kind} file path ${quoteGo(text)}`,
  )

export const prometheusConfig = struct(
  'config.plain',
  {
    global: field('global', globalConfig, { default: globalConfig.create }),
    runtime: field('runtime', runtimeConfig),
    alerting: field('alerting', alertingConfig),
    ruleFiles: field('rule_files', list(globPath('rule'))),
    scrapeConfigFiles: field('scrape_config_files', list(globPath('scrape config'))),
    scrapeConfigs: field(
      'scrape_configs',
      list(scrapeConfig, { nullError: 'empty or null scrape config section' }),
    ),
    storage: field('storage', storageConfig),
    tracing: field('tracing', tracingConfig, { default: tracingConfig.zero }),
    remoteWrite: field(
      'remote_write',
      list(remoteWriteConfig, { nullError: 'empty or null remote write config section' }),
    ),
    remoteRead: field(
      'remote_read',
      list(remoteReadConfig, { nullError: 'empty or null remote read config section' }),
    ),
    otlp: field('otlp', otlpConfig, { default: otlpConfig.create }),
  },
  { typeName: 'config.Config', check: checkWhole, finish: fillWhole },
)

export type PrometheusConfig = Infer<typeof prometheusConfig>

/** The configuration of an empty file. */
export const emptyPrometheusConfig = (): PrometheusConfig => fillWhole(prometheusConfig.create())

type Draft = {
  readonly global: GlobalConfig
  readonly runtime: { readonly gogc: number }
  readonly alerting: AlertingConfig
  readonly scrapeConfigs: readonly ScrapeConfig[]
  readonly remoteWrite: readonly { readonly name: string }[]
  readonly remoteRead: readonly { readonly name: string }[]
}

function checkWhole(config: Draft): Broken | undefined {
  return (
    repeatedName(config.remoteWrite, 'remote write') ??
    repeatedName(config.remoteRead, 'remote read')
  )
}

/** Unnamed entries get a name of their own later. */
function repeatedName(
  entries: readonly { readonly name: string }[],
  kind: string,
): Broken | undefined {
  const names = new Set<string>()
  for (const entry of entries) {
    if (entry.name !== '' && names.has(entry.name)) {
      const text = `found multiple ${kind} configs with job name ${quoteGo(entry.name)}`
      return { text, line: lineOf(entry, 'name') }
    }
    names.add(entry.name)
  }
  return undefined
}

function fillWhole<T extends Draft>(config: T): T {
  const names = new Set<string>()
  const scrapeConfigs = config.scrapeConfigs.map((job) => {
    const filled = fillScrapeConfig(job, config.global)
    if ('error' in filled) throw new ConfigError(lineOf(job), filled.error)
    if (names.has(job.jobName)) {
      const text = `found multiple scrape configs with job name ${quoteGo(job.jobName)}`
      throw new ConfigError(lineOf(job, 'job_name'), text)
    }
    names.add(job.jobName)
    return filled.config
  })
  return { ...config, runtime: { gogc: config.runtime.gogc || DEFAULT_GOGC }, scrapeConfigs }
}
