/** One entry of `scrape_configs`, as written; defaults from `global` are filled in by `fillScrapeConfig`. */
import { sdConfigs } from '@prom/discovery'
import { httpClientConfig } from '@prom/http'
import { quoteGo } from '@prom/model'
import { relabelConfigs } from '@prom/relabel'
import {
  bool,
  bytes,
  duration,
  field,
  float,
  type Infer,
  inline,
  list,
  map,
  optional,
  path,
  string,
  struct,
  uint,
} from '@prom/yaml'
import { nameEscapingScheme, nameValidationScheme } from './name-schemes.ts'
import { type ScrapeProtocol, scrapeProtocol, scrapeProtocols } from './scrape-protocol.ts'

export const scrapeConfig = struct(
  'config.ScrapeConfig',
  {
    jobName: field('job_name', string, { isAlwaysPrinted: true }),
    honorLabels: field('honor_labels', bool),
    honorTimestamps: field('honor_timestamps', bool, { default: true, isAlwaysPrinted: true }),
    trackTimestampsStaleness: field('track_timestamps_staleness', bool, { isAlwaysPrinted: true }),
    params: field('params', map(list(string), 'url.Values')),
    scrapeInterval: field('scrape_interval', duration),
    scrapeTimeout: field('scrape_timeout', duration),
    scrapeProtocols: field('scrape_protocols', scrapeProtocols),
    fallbackScrapeProtocol: field('fallback_scrape_protocol', scrapeProtocol, { default: '' }),
    scrapeNativeHistograms: field('scrape_native_histograms', optional(bool)),
    alwaysScrapeClassicHistograms: field('always_scrape_classic_histograms', optional(bool)),
    convertClassicHistogramsToNhcb: field('convert_classic_histograms_to_nhcb', optional(bool)),
    extraScrapeMetrics: field('extra_scrape_metrics', optional(bool)),
    scrapeFailureLogFile: field('scrape_failure_log_file', path),
    metricsPath: field('metrics_path', string, { default: '/metrics' }),
    scheme: field('scheme', string, { default: 'http' }),
    enableCompression: field('enable_compression', bool, { default: true, isAlwaysPrinted: true }),
    bodySizeLimit: field('body_size_limit', bytes),
    sampleLimit: field('sample_limit', uint),
    targetLimit: field('target_limit', uint),
    labelLimit: field('label_limit', uint),
    labelNameLengthLimit: field('label_name_length_limit', uint),
    labelValueLengthLimit: field('label_value_length_limit', uint),
    nativeHistogramBucketLimit: field('native_histogram_bucket_limit', uint),
    nativeHistogramMinBucketFactor: field('native_histogram_min_bucket_factor', float),
    keepDroppedTargets: field('keep_dropped_targets', uint),
    metricNameValidationScheme: field('metric_name_validation_scheme', nameValidationScheme),
    metricNameEscapingScheme: field('metric_name_escaping_scheme', nameEscapingScheme),
    http: inline(httpClientConfig),
    relabelConfigs: field(
      'relabel_configs',
      relabelConfigs('empty or null target relabeling rule in scrape config'),
    ),
    metricRelabelConfigs: field(
      'metric_relabel_configs',
      relabelConfigs('empty or null metric relabeling rule in scrape config'),
    ),
    discovery: inline(sdConfigs),
  },
  {
    check(config) {
      if (config.jobName === '') return 'job_name is empty'
      if (config.relabelConfigs.length > 0) return undefined
      for (const { targets } of config.discovery.static) {
        const bad = targets.find((target) => target.includes('/'))
        if (bad !== undefined) return `${quoteGo(bad)} is not a valid hostname`
      }
      return undefined
    },
    removed: {
      api_servers: 'kubernetes_sd_configs: api_server',
      in_cluster: 'kubernetes_sd_configs without api_server',
      scrape_classic_histograms: 'always_scrape_classic_histograms',
      target_groups: 'static_configs',
    },
  },
)

export type ScrapeConfig = Infer<typeof scrapeConfig>

/** What jobs inherit from `global`. */
export interface ScrapeDefaults {
  readonly scrapeInterval: number
  readonly scrapeTimeout: number
  readonly scrapeProtocols: readonly ScrapeProtocol[]
  readonly scrapeFailureLogFile: string
  readonly bodySizeLimit: number
  readonly sampleLimit: number
  readonly targetLimit: number
  readonly labelLimit: number
  readonly labelNameLengthLimit: number
  readonly labelValueLengthLimit: number
  readonly keepDroppedTargets: number
  readonly scrapeNativeHistograms: boolean | undefined
  readonly convertClassicHistogramsToNhcb: boolean
  readonly alwaysScrapeClassicHistograms: boolean
  readonly extraScrapeMetrics: boolean | undefined
  readonly metricNameValidationScheme: ScrapeConfig['metricNameValidationScheme']
  readonly metricNameEscapingScheme: ScrapeConfig['metricNameEscapingScheme']
}
