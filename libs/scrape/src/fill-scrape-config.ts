import type { NameScheme } from '@prom/model'
import { quoteGo } from '@prom/model'
import { ESCAPING_SCHEMES } from './name-schemes.ts'
import type { ScrapeConfig, ScrapeDefaults } from './scrape-config.ts'
import {
  DEFAULT_SCRAPE_PROTOCOLS,
  PROTO_FIRST_SCRAPE_PROTOCOLS,
  protocolProblem,
  protocolsProblem,
} from './scrape-protocol.ts'

/** Fills in what the job inherits from `global`, or says in the original's words why the result is no valid job. */
export function fillScrapeConfig(
  job: ScrapeConfig,
  global: ScrapeDefaults,
): { readonly config: ScrapeConfig } | { readonly error: string } {
  const interval = job.scrapeInterval || global.scrapeInterval
  if (job.scrapeTimeout > interval) {
    return {
      error: `scrape timeout greater than scrape interval for scrape config with job name ${quoteGo(job.jobName)}`,
    }
  }
  const fallbackTimeout = Math.min(global.scrapeTimeout, interval)
  const isNative = job.scrapeNativeHistograms ?? global.scrapeNativeHistograms ?? false
  const given = job.scrapeProtocols.length > 0 ? job.scrapeProtocols : global.scrapeProtocols
  const isDefault = given === DEFAULT_SCRAPE_PROTOCOLS
  const protocols = isNative && isDefault ? PROTO_FIRST_SCRAPE_PROTOCOLS : given
  const where = `for scrape config with job name ${quoteGo(job.jobName)}`
  const problem = protocolsProblem(protocols)
  if (problem) return { error: `${problem} ${where}` }
  if (job.fallbackScrapeProtocol !== '') {
    const fallback = protocolProblem(job.fallbackScrapeProtocol)
    if (fallback) return { error: `invalid fallback_scrape_protocol ${where}: ${fallback}` }
  }
  const names = fillNameSchemes(job, global)
  if ('error' in names) return names
  return {
    config: {
      ...job,
      scrapeInterval: interval,
      scrapeTimeout: job.scrapeTimeout || fallbackTimeout,
      scrapeProtocols: protocols,
      bodySizeLimit: job.bodySizeLimit || global.bodySizeLimit,
      sampleLimit: job.sampleLimit || global.sampleLimit,
      targetLimit: job.targetLimit || global.targetLimit,
      labelLimit: job.labelLimit || global.labelLimit,
      labelNameLengthLimit: job.labelNameLengthLimit || global.labelNameLengthLimit,
      labelValueLengthLimit: job.labelValueLengthLimit || global.labelValueLengthLimit,
      keepDroppedTargets: job.keepDroppedTargets || global.keepDroppedTargets,
      scrapeFailureLogFile: job.scrapeFailureLogFile || global.scrapeFailureLogFile,
      scrapeNativeHistograms: job.scrapeNativeHistograms ?? global.scrapeNativeHistograms,
      convertClassicHistogramsToNhcb:
        job.convertClassicHistogramsToNhcb ?? global.convertClassicHistogramsToNhcb,
      alwaysScrapeClassicHistograms:
        job.alwaysScrapeClassicHistograms ?? global.alwaysScrapeClassicHistograms,
      extraScrapeMetrics: job.extraScrapeMetrics ?? global.extraScrapeMetrics,
      ...names,
    },
  }
}

type NameSchemes = Pick<ScrapeConfig, 'metricNameValidationScheme' | 'metricNameEscapingScheme'>

/** A job that checks by the legacy scheme cannot ask for UTF-8 names, and by itself asks for underscores. */
function fillNameSchemes(
  job: ScrapeConfig,
  global: ScrapeDefaults,
): NameSchemes | { readonly error: string } {
  const validation: NameScheme =
    job.metricNameValidationScheme || global.metricNameValidationScheme || 'utf8'
  const own = validation === 'legacy' ? 'underscores' : 'allow-utf-8'
  let escaping = job.metricNameEscapingScheme
  if (escaping === '') {
    const isInherited =
      job.metricNameValidationScheme === '' || validation === global.metricNameValidationScheme
    escaping = (isInherited && global.metricNameEscapingScheme) || own
  }
  if (escaping === 'allow-utf-8' && validation !== 'utf8') {
    return { error: 'utf8 metric names requested but validation scheme is not set to UTF8' }
  }
  if (!ESCAPING_SCHEMES.includes(escaping)) {
    return {
      error: `unknown scrape config name escaping method specified, must be one of 'allow-utf-8', 'underscores', 'dots', or 'values', got ${quoteGo(escaping)}`,
    }
  }
  return { metricNameValidationScheme: validation, metricNameEscapingScheme: escaping }
}
