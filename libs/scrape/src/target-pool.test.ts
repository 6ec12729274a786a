import { loadYaml } from '@prom/yaml'
import { fillScrapeConfig } from './fill-scrape-config.ts'
import { type ScrapeConfig, scrapeConfig } from './scrape-config.ts'
import { buildPool } from './target-pool.ts'

const EXTERNAL = { scheme: 'https', host: 'prom.example:443', port: '9090' }

const DEFAULTS = {
  scrapeInterval: 60_000,
  scrapeTimeout: 10_000,
  scrapeProtocols: ['PrometheusText0.0.4'],
  scrapeFailureLogFile: '',
  bodySizeLimit: 0,
  sampleLimit: 0,
  targetLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
  keepDroppedTargets: 0,
  scrapeNativeHistograms: false,
  convertClassicHistogramsToNhcb: false,
  alwaysScrapeClassicHistograms: false,
  extraScrapeMetrics: false,
  metricNameValidationScheme: '',
  metricNameEscapingScheme: '',
} as const

function load(yaml: string): ScrapeConfig {
  const loaded = loadYaml(`job_name: j\n${yaml}`, scrapeConfig, 'test.yml')
  if (!('value' in loaded)) throw new Error(loaded.message)
  const filled = fillScrapeConfig(loaded.value, DEFAULTS)
  if ('error' in filled) throw new Error(filled.error)
  return filled.config
}

const group = (
  addresses: readonly string[],
  labels: Record<string, string> = {},
  own: Record<string, string> = {},
) => ({
  source: '0',
  targets: addresses.map((address) => ({ __address__: address, ...own })),
  labels,
})

describe('buildPool', () => {
  test('gives a target its labels, URL and times', () => {
    const config = load('params: {b: ["x y", z], a: [1]}\nscrape_interval: 15s\nmetrics_path: /m\n')
    const { plan } = buildPool(
      config,
      [group(['host:80'], { env: 'dev' }, { env: 'own' })],
      EXTERNAL,
    )
    expect(plan.targets).toMatchObject([
      {
        labels: ['env', 'own', 'instance', 'host:80', 'job', 'j'],
        url: 'http://host:80/m?a=1&b=x+y&b=z',
        globalUrl: 'http://host:80/m?a=1&b=x+y&b=z',
        intervalMs: 15_000,
        timeoutMs: 10_000,
      },
    ])
    expect(Object.fromEntries(pairs(plan.targets[0]?.discoveredLabels ?? []))).toEqual({
      __address__: 'host:80',
      __metrics_path__: '/m',
      __param_a: '1',
      __param_b: 'x y',
      __scheme__: 'http',
      __scrape_interval__: '15s',
      __scrape_timeout__: '10s',
      env: 'own',
      job: 'j',
    })
  })

  test('relabelling changes address, path, parameters and times, and drops', () => {
    const config = load(`
params: {module: [http_2xx]}
relabel_configs:
- {source_labels: [__address__], regex: 'drop.*', action: drop}
- {source_labels: [__address__], target_label: __param_target}
- {source_labels: [__address__], target_label: instance, regex: '(.*):.*'}
- {target_label: __address__, replacement: 'probe:9115'}
- {target_label: __metrics_path__, replacement: probe}
- {target_label: __scrape_interval__, replacement: 5s}
- {target_label: __scrape_timeout__, replacement: 4s}
- {target_label: __tmp_x, replacement: y}
`)
    const built = buildPool(config, [group(['a:1', 'drop:1'])], EXTERNAL)
    expect(built.plan.targets).toMatchObject([
      {
        labels: ['instance', 'a', 'job', 'j'],
        url: 'http://probe:9115/probe?module=http_2xx&target=a%3A1',
        intervalMs: 5_000,
        timeoutMs: 4_000,
      },
    ])
    expect(built.droppedCount).toBe(1)
    expect(built.dropped[0]?.discoveredLabels).toContain('drop:1')
  })

  test('says why a target cannot be', () => {
    const f = (rule: string, error: string) =>
      expect(
        buildPool(load(`relabel_configs: [${rule}]`), [group(['a:1'])], EXTERNAL).failures,
      ).toEqual([error])
    f("{target_label: __address__, replacement: ''}", 'no address')
    f("{target_label: __address__, replacement: 'a/b'}", '"a/b" is not a valid hostname')
    f("{target_label: __scrape_interval__, replacement: '0s'}", 'scrape interval cannot be 0')
    f("{target_label: __scrape_timeout__, replacement: '0s'}", 'scrape timeout cannot be 0')
    f(
      "{target_label: __scrape_interval__, replacement: 'x'}",
      'error parsing scrape interval: not a valid duration string: "x"',
    )
    f(
      "{target_label: __scrape_timeout__, replacement: '2m'}",
      'scrape timeout cannot be greater than scrape interval ("2m" > "1m")',
    )
  })

  test('equal targets are one, and too many are refused together', () => {
    const twice = buildPool(load(''), [group(['a:1', 'a:1']), group(['a:1'])], EXTERNAL)
    expect(twice.plan.targets.length).toBe(1)
    const many = buildPool(load('target_limit: 1'), [group(['a:1', 'b:1'])], EXTERNAL)
    const refusal = 'target_limit exceeded (number of targets: 2, limit: 1)'
    expect(many.plan.targets.map((target) => target.refusal)).toEqual([refusal, refusal])
    expect(many.isOverLimit).toBe(true)
  })

  test('keeps as many dropped targets as it may, but counts all', () => {
    const config = load("keep_dropped_targets: 1\nrelabel_configs: [{regex: '.*', action: drop}]")
    const built = buildPool(config, [group(['a:1', 'b:1', 'c:1'])], EXTERNAL)
    expect([built.dropped.length, built.droppedCount]).toEqual([1, 3])
  })

  test('links to this machine lead to its outside name', () => {
    const f = (address: string, url: string) =>
      expect(buildPool(load(''), [group([address])], EXTERNAL).plan.targets[0]?.globalUrl).toBe(url)
    f('localhost:9090', 'https://prom.example:443/metrics')
    f('127.0.0.1:9100', 'http://prom.example:9100/metrics')
    f('other:9100', 'http://other:9100/metrics')
  })
})

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [
    flat[i * 2] as string,
    flat[i * 2 + 1] as string,
  ])
}
