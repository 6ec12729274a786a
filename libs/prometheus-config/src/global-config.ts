/** `global`: what jobs and rules inherit. */
import { isValidLabelName, isValidLabelValue, quoteGo } from '@prom/model'
import {
  DEFAULT_SCRAPE_PROTOCOLS,
  nameEscapingScheme,
  nameValidationScheme,
  protocolsProblem,
  scrapeProtocols,
} from '@prom/scrape'
import {
  bool,
  bytes,
  duration,
  type Fielded,
  field,
  int,
  map,
  optional,
  path,
  string,
  struct,
  uint,
} from '@prom/yaml'

const INTERVAL_MS = 60_000
const TIMEOUT_MS = 10_000

const fields = {
  scrapeInterval: field('scrape_interval', duration),
  scrapeTimeout: field('scrape_timeout', duration),
  scrapeProtocols: field('scrape_protocols', {
    ...scrapeProtocols,
    zero: () => DEFAULT_SCRAPE_PROTOCOLS,
  }),
  evaluationInterval: field('evaluation_interval', duration),
  ruleQueryOffset: field('rule_query_offset', duration),
  queryLogFile: field('query_log_file', path),
  scrapeFailureLogFile: field('scrape_failure_log_file', path),
  /** As written: `$VAR` is expanded when the file is loaded. */
  externalLabels: field('external_labels', map(string)),
  bodySizeLimit: field('body_size_limit', bytes),
  sampleLimit: field('sample_limit', uint),
  targetLimit: field('target_limit', uint),
  labelLimit: field('label_limit', uint),
  labelNameLengthLimit: field('label_name_length_limit', uint),
  labelValueLengthLimit: field('label_value_length_limit', uint),
  keepDroppedTargets: field('keep_dropped_targets', uint),
  metricNameValidationScheme: field('metric_name_validation_scheme', nameValidationScheme),
  metricNameEscapingScheme: field('metric_name_escaping_scheme', nameEscapingScheme),
  scrapeNativeHistograms: field('scrape_native_histograms', optional(bool)),
  convertClassicHistogramsToNhcb: field('convert_classic_histograms_to_nhcb', bool),
  alwaysScrapeClassicHistograms: field('always_scrape_classic_histograms', bool),
  extraScrapeMetrics: field('extra_scrape_metrics', optional(bool)),
}

const schema = struct('config.plain', fields, {
  typeName: 'config.GlobalConfig',
  removed: {
    labels: 'external_labels',
    scrape_classic_histograms: 'always_scrape_classic_histograms',
  },
  check(global) {
    for (const [name, value] of global.externalLabels) {
      if (!isValidLabelName(name)) {
        return { text: `${quoteGo(name)} is not a valid label name`, key: 'external_labels' }
      }
      if (!isValidLabelValue(value)) {
        return { text: `${quoteGo(value)} is not a valid label value`, key: 'external_labels' }
      }
    }
    if (global.scrapeTimeout > (global.scrapeInterval || INTERVAL_MS)) {
      const text = 'global scrape timeout greater than scrape interval'
      return { text, key: 'scrape_timeout' }
    }
    const problem = protocolsProblem(global.scrapeProtocols)
    return problem && { text: `${problem} for global config`, key: 'scrape_protocols' }
  },
  finish: fill,
})

/** Everything inherited, with the original's defaults filled in. */
export type GlobalConfig = Fielded<typeof fields>

// Compat: a section that is there leaves the two schemes empty unless it names them.
export const defaultGlobal = (): GlobalConfig => ({
  ...fill(schema.create()),
  metricNameValidationScheme: 'utf8',
  metricNameEscapingScheme: 'allow-utf-8',
})

/** An empty `global:` is as good as none. */
export const globalConfig = { ...schema, zero: defaultGlobal, create: defaultGlobal }

function fill(global: GlobalConfig): GlobalConfig {
  const scrapeInterval = global.scrapeInterval || INTERVAL_MS
  return {
    ...global,
    scrapeInterval,
    scrapeTimeout: global.scrapeTimeout || Math.min(TIMEOUT_MS, scrapeInterval),
    evaluationInterval: global.evaluationInterval || INTERVAL_MS,
  }
}

export const runtimeConfig = struct('config.RuntimeConfig', {
  gogc: field('gogc', int, { isAlwaysPrinted: true }),
})
