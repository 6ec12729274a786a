import { loadYaml } from '@prom/yaml'
import { fillScrapeConfig } from './fill-scrape-config.ts'
import { type ScrapeDefaults, scrapeConfig } from './scrape-config.ts'
import { DEFAULT_SCRAPE_PROTOCOLS } from './scrape-protocol.ts'

const global: ScrapeDefaults = {
  scrapeInterval: 60_000,
  scrapeTimeout: 10_000,
  scrapeProtocols: DEFAULT_SCRAPE_PROTOCOLS,
  scrapeFailureLogFile: '',
  bodySizeLimit: 0,
  sampleLimit: 7,
  targetLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
  keepDroppedTargets: 0,
  scrapeNativeHistograms: undefined,
  convertClassicHistogramsToNhcb: false,
  alwaysScrapeClassicHistograms: true,
  extraScrapeMetrics: undefined,
  metricNameValidationScheme: 'utf8',
  metricNameEscapingScheme: '',
}

function load(text: string) {
  const loaded = loadYaml(`job_name: j\n${text}`, scrapeConfig, 'a.yml')
  if ('errors' in loaded) return { error: loaded.message }
  return fillScrapeConfig(loaded.value, global)
}

test('a job inherits what it does not say', () => {
  const filled = load(
    'scrape_interval: 5s\nsample_limit: 3\nstatic_configs: [{targets: ["a:1"], labels: {x: y}}]\n',
  )
  if ('error' in filled) throw new Error(filled.error)
  expect(filled.config).toMatchObject({
    scrapeInterval: 5000,
    scrapeTimeout: 5000,
    sampleLimit: 3,
    honorTimestamps: true,
    metricsPath: '/metrics',
    alwaysScrapeClassicHistograms: true,
    metricNameEscapingScheme: 'allow-utf-8',
  })
  expect(filled.config.http.followRedirects).toBe(true)
  expect(filled.config.discovery.static[0]!.targets).toEqual(['a:1'])
  expect(load('metric_name_validation_scheme: legacy')).toMatchObject({
    config: { metricNameEscapingScheme: 'underscores' },
  })
})

test('a job that contradicts itself is refused', () => {
  const f = (text: string, error: string) => expect(load(text)).toEqual({ error })
  f(
    'scrape_timeout: 2m\n',
    'scrape timeout greater than scrape interval for scrape config with job name "j"',
  )
  f(
    'scrape_protocols: [A]\n',
    'scrape_protocols: unknown scrape protocol A, supported: [OpenMetricsText0.0.1 OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 PrometheusText1.0.0] for scrape config with job name "j"',
  )
  f(
    'fallback_scrape_protocol: A\n',
    'invalid fallback_scrape_protocol for scrape config with job name "j": unknown scrape protocol A, supported: [OpenMetricsText0.0.1 OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 PrometheusText1.0.0]',
  )
  f(
    'metric_name_validation_scheme: legacy\nmetric_name_escaping_scheme: allow-utf-8\n',
    'utf8 metric names requested but validation scheme is not set to UTF8',
  )
  f('static_configs: [{targets: ["http://a"]}]\n', '"http://a" is not a valid hostname (line 1)')
  f(
    'bearer_token: a\nbearer_token_file: b\n',
    'at most one of bearer_token & bearer_token_file must be configured (line 1)',
  )
  f(
    'oci_sd_configs: [{}]\n',
    'service discovery mechanism "oci" is not available in this build (line 2)',
  )
  f(
    'target_groups: []\n',
    'yaml: unmarshal errors:\n  line 2: field target_groups not found in type config.ScrapeConfig (today: static_configs)',
  )
  f(
    'kubernetes_sd_configs: [{api_servers: [http://a], in_cluster: true}]\n',
    'yaml: unmarshal errors:\n  line 2: field api_servers not found in type kubernetes.plain (today: api_server)\n  line 2: field in_cluster not found in type kubernetes.plain (today: leave out api_server)',
  )
})
