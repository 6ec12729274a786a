import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigLoadError } from './errors.ts'
import {
  type LoadOptions,
  loadPrometheusConfig,
  printPrometheusConfig,
  ruleFilePaths,
} from './load.ts'

/** Files in memory; a pattern matches by its start and end. */
function filesOf(content: Readonly<Record<string, string>>) {
  return {
    async readText(path: string) {
      const text = content[path]
      if (text === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' })
      return text
    },
    glob(pattern: string) {
      const [start, end] = pattern.split('*') as [string, string?]
      const matches = (path: string) =>
        end === undefined ? path === start : path.startsWith(start) && path.endsWith(end)
      return Object.keys(content).filter(matches).sort()
    },
  }
}

async function failureOf(content: Readonly<Record<string, string>>, options?: LoadOptions) {
  const err = await loadPrometheusConfig(filesOf(content), 'etc/p.yml', options).catch((err) => err)
  expect(err).toBeInstanceOf(ConfigLoadError)
  return err as ConfigLoadError
}

test('the effective configuration prints as the original prints it', async () => {
  const folder = join(__dirname, 'testdata')
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const { config } = await loadPrometheusConfig(
    filesOf({ 'p.yml': read('every-section.yml') }),
    'p.yml',
  )
  expect(printPrometheusConfig(config)).toBe(read('every-section.effective.yml'))
})

test('an empty file is all defaults', async () => {
  const { config } = await loadPrometheusConfig(filesOf({ 'p.yml': '' }), 'p.yml')
  expect(printPrometheusConfig(config)).toBe(
    'global:\n  scrape_interval: 1m\n  scrape_timeout: 10s\n  scrape_protocols:\n  - OpenMetricsText1.0.0\n  - OpenMetricsText0.0.1\n  - PrometheusText1.0.0\n  - PrometheusText0.0.4\n  evaluation_interval: 1m\n  metric_name_validation_scheme: utf8\n  metric_name_escaping_scheme: allow-utf-8\nruntime:\n  gogc: 75\notlp:\n  translation_strategy: UnderscoreEscapingWithSuffixes\n',
  )
})

test('paths count from the folder of the file they stand in', async () => {
  const files = filesOf({
    'etc/p.yml':
      'rule_files: [rules/*.yml, /abs.yml]\nscrape_config_files: [jobs/*.yml]\nscrape_configs: [{job_name: a, bearer_token_file: t}]\n',
    'etc/rules/b.yml': '',
    'etc/rules/a.yml': '',
    '/abs.yml': '',
    'etc/jobs/x.yml': 'scrape_configs: [{job_name: b, file_sd_configs: [{files: [sd.json]}]}]',
  })
  const { config, jobs, files: read } = await loadPrometheusConfig(files, 'etc/p.yml')
  expect(ruleFilePaths(files, config)).toEqual(['etc/rules/a.yml', 'etc/rules/b.yml', '/abs.yml'])
  expect(jobs.map((job) => job.jobName)).toEqual(['a', 'b'])
  expect(jobs[0]!.http.authorization!.credentialsFile).toBe('etc/t')
  expect(jobs[1]!.discovery.file[0]!.files).toEqual(['etc/jobs/sd.json'])
  expect(read).toEqual(['etc/p.yml', 'etc/jobs/x.yml'])
})

test('external labels take variables from the environment', async () => {
  const text =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the format
    'global: {external_labels: {a: "x-$HOST-${ZONE}", b: "$$5", c: $NONE, d: "${NONE}y"}}\n'
  const { config, warnings } = await loadPrometheusConfig(filesOf({ 'p.yml': text }), 'p.yml', {
    env: { HOST: 'h', ZONE: 'z' },
  })
  expect([...config.global.externalLabels]).toEqual([
    ['a', 'x-h-z'],
    ['b', '$5'],
    ['d', 'y'],
  ])
  expect(warnings).toEqual(['Empty environment variable NONE', 'Empty environment variable NONE'])
})

test('what is wrong is named with file and line', async () => {
  const f = async (
    content: Readonly<Record<string, string>>,
    message: string,
    options?: LoadOptions,
  ) => expect((await failureOf(content, options)).message).toBe(message)
  await f({}, 'open etc/p.yml: no such file or directory')
  await f(
    { 'etc/p.yml': 'foo: 1\n' },
    'parsing YAML file etc/p.yml: yaml: unmarshal errors:\n  line 1: field foo not found in type config.plain',
  )
  await f(
    { 'etc/p.yml': 'global:\n  scrape_interval: 5x\n' },
    'parsing YAML file etc/p.yml: unknown unit "x" in duration "5x" (line 2)',
  )
  await f(
    { 'etc/p.yml': 'scrape_configs:\n- job_name: a\n- job_name: a\n' },
    'parsing YAML file etc/p.yml: found multiple scrape configs with job name "a" (line 3)',
  )
  await f({ 'etc/p.yml': 'rule_files: [a]\n' }, 'field rule_files is not allowed in agent mode', {
    agentMode: true,
  })
  const main = 'scrape_config_files: [j.yml]\nscrape_configs: [{job_name: a}]\n'
  await f(
    { 'etc/p.yml': main, 'etc/j.yml': 'scrape_configs:\n- job_name: a\n' },
    '"/run/etc/j.yml": found multiple scrape configs with job name "a", first found in main config file (line 2)',
    { cwd: '/run' },
  )
  await f(
    { 'etc/p.yml': main, 'etc/j.yml': 'x: 1' },
    '"/run/etc/j.yml": yaml: unmarshal errors:\n  line 1: field x not found in type config.ScrapeConfigs',
    { cwd: '/run' },
  )
})
