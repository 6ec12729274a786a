import { runPromtool } from '../testing/run-promtool.ts'

const GOOD = 'groups:\n- name: g\n  rules:\n  - record: a\n    expr: sum(up)\n'
const BAD = 'groups:\n- name: g\n  rules:\n  - record: a\n    expr: sum(\n'
const TWICE = `${GOOD}  - record: a\n    expr: up\n    labels: {}\n`

const ok = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' })

describe('check rules', () => {
  test('a good file is counted', async () => {
    expect(await runPromtool(['check', 'rules', 'r.yml'], { 'r.yml': GOOD })).toEqual(
      ok('Checking r.yml\n  SUCCESS: 1 rules found\n\n'),
    )
  })

  test('standard input is read when no file is named', async () => {
    expect(await runPromtool(['check', 'rules'], {}, GOOD)).toEqual(
      ok('Checking standard input\n  SUCCESS: 1 rules found\n\n'),
    )
  })

  test('a bad file is named with line and reason, the others are still checked', async () => {
    const files = { 'bad.yml': BAD, 'good.yml': GOOD }
    expect(await runPromtool(['check', 'rules', 'bad.yml', 'good.yml'], files)).toEqual({
      exitCode: 1,
      stdout: 'Checking bad.yml\nChecking good.yml\n  SUCCESS: 1 rules found\n\n',
      stderr:
        '  FAILED:\nbad.yml: 5:11: group "g", rule 1, "a": could not parse expression: 1:5: parse error: unclosed left parenthesis\n',
    })
  })

  test('repeated rules are lint, fatal only when asked', async () => {
    const f = async (exitCode: number, ...argv: string[]) => {
      const outcome = await runPromtool(['check', 'rules', ...argv, 'r.yml'], { 'r.yml': TWICE })
      expect(outcome.exitCode).toBe(exitCode)
      return outcome.stderr
    }
    expect(await f(0)).toBe(
      '  FAILED:\nlint error 1 duplicate rule(s) found.\nMetric: a\nLabel(s):\nMight cause inconsistency while recording expressions\n',
    )
    await f(3, '--lint-fatal')
    expect(await f(0, '--lint-fatal', '--lint=none')).toBe('')
  })

  test('text that is no UTF-8 is refused', async () => {
    const bytes = Uint8Array.of(0x61, 0x3a, 0x20, 0xff, 0x0a)
    const { exitCode, stderr } = await runPromtool(['check', 'rules', 'r.yml'], { 'r.yml': bytes })
    expect([exitCode, stderr]).toEqual([1, '  FAILED:\nr.yml: yaml: invalid leading UTF-8 octet\n'])
  })

  test('a file that is not there is a usage error', async () => {
    expect(await runPromtool(['check', 'rules', 'x.yml'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: "promtool: error: path 'x.yml' does not exist, try --help\n",
    })
  })
})

describe('check config', () => {
  test('rule files are found and checked after the file itself', async () => {
    const files = { 'etc/p.yml': 'rule_files: [r*.yml]\n', 'etc/r1.yml': GOOD, 'etc/r2.yml': BAD }
    const { exitCode, stdout } = await runPromtool(['check', 'config', 'etc/p.yml'], files)
    expect(exitCode).toBe(1)
    expect(stdout).toBe(
      'Checking etc/p.yml\n  SUCCESS: 2 rule files found\n SUCCESS: etc/p.yml is valid prometheus config file syntax\n\nChecking etc/r1.yml\n  SUCCESS: 1 rules found\n\nChecking etc/r2.yml\n',
    )
  })

  test('what is wrong is said with line and file, and is not looked past', async () => {
    const f = async (config: string, stderr: string, files = {}, argv: string[] = []) => {
      const outcome = await runPromtool(['check', 'config', ...argv, 'p.yml'], {
        'p.yml': config,
        ...files,
      })
      expect(outcome).toEqual({ exitCode: 1, stdout: 'Checking p.yml\n\n', stderr })
    }
    await f(
      'global:\n  scrape_interval: 5x\n',
      '  FAILED: parsing YAML file p.yml: unknown unit "x" in duration "5x" (line 2)\n',
    )
    await f(
      'rule_files: [r.yml]\n',
      '  FAILED: "r.yml" does not point to an existing file (line 1)\n',
    )
    await f(
      'rule_files: [r.yml]\n',
      '  FAILED: field rule_files is not allowed in agent mode\n',
      {},
      ['--agent'],
    )
    const job = 'scrape_configs:\n- job_name: j\n  '
    await f(
      `${job}bearer_token_file: t\n`,
      '  FAILED: error checking authorization credentials or bearer token file "t": stat t: no such file or directory\n',
    )
    await f(
      `${job}tls_config: {cert_file: c, key_file: k}\n`,
      '  FAILED: error checking client cert file "c": stat c: no such file or directory\n',
    )
    const sd = `${job}file_sd_configs: [{files: [t.json]}]\n`
    await f(sd, '  FAILED: checking SD file "t.json": json: unknown field "foo"\n', {
      't.json': '[{"foo":1}]',
    })
    await f(sd, '  FAILED: checking SD file "t.json": nil target group item found (index 0)\n', {
      't.json': '[null]',
    })
    await f(sd, '  FAILED: instance 0 in group : "http://a" is not a valid hostname\n', {
      't.json': '[{"targets":["http://a"]}]',
    })
    await f(
      'scrape_config_files: [j.yml]\n',
      '  FAILED: error loading scrape configs: "/tmp/j.yml": yaml: unmarshal errors:\n  line 1: field x not found in type config.ScrapeConfigs\n',
      { 'j.yml': 'x: 1' },
    )
  })

  test('a discovery file that is not there is only a warning', async () => {
    const config = 'scrape_configs: [{job_name: j, file_sd_configs: [{files: [t.json]}]}]\n'
    expect(await runPromtool(['check', 'config', 'p.yml'], { 'p.yml': config })).toEqual(
      ok(
        'Checking p.yml\n  WARNING: file "t.json" for file_sd in scrape job "j" does not exist\n SUCCESS: p.yml is valid prometheus config file syntax\n\n',
      ),
    )
  })

  test('an interval beyond the lookback is lint', async () => {
    const config = 'scrape_configs: [{job_name: j, scrape_interval: 6m}]\n'
    const f = async (...argv: string[]) =>
      runPromtool(['check', ...argv, 'p.yml'], { 'p.yml': config })
    const long =
      '  FAILED: too long scrape interval found, data point will be marked as stale - job: j, interval: 6m\n'
    expect(await f('config')).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await f('config', '--lint=all')).toMatchObject({ exitCode: 0, stderr: long })
    expect(await f('config', '--lint=all', '--lint-fatal')).toMatchObject({
      exitCode: 3,
      stderr: long,
    })
    expect(await f('--query.lookback-delta=10m', 'config', '--lint=all')).toMatchObject({
      stderr: '',
    })
  })
})

describe('check metrics', () => {
  const page =
    '# TYPE foo_ms counter\nfoo_ms{aB="c"} 1\n# HELP bar x\n# TYPE bar gauge\nbar 1\nbar 1\n'

  test('problems are sorted by metric and text', async () => {
    expect(await runPromtool(['check', 'metrics'], {}, page)).toEqual({
      exitCode: 3,
      stdout: '',
      stderr:
        "bar metric not unique\nfoo_ms counter metrics should have \"_total\" suffix\nfoo_ms label names should be written in 'snake_case' not 'camelCase'\nfoo_ms metric names should not contain abbreviated units\nfoo_ms no help text\n",
    })
  })

  test('the cardinality table lists the largest first', async () => {
    const text =
      '# HELP a x\n# TYPE a gauge\na 1\n# HELP b_seconds x\n# TYPE b_seconds histogram\nb_seconds_bucket{le="1"} 1\nb_seconds_bucket{le="+Inf"} 1\nb_seconds_sum 1\nb_seconds_count 1\n'
    expect(await runPromtool(['check', 'metrics', '--extended'], {}, text)).toEqual(
      ok(
        'Metric       Cardinality    Percentage    \nb_seconds    4              80.00%        \na            1              20.00%        \nTotal        5              100%          \n',
      ),
    )
  })

  test('a page that cannot be read is an error', async () => {
    const { exitCode, stderr } = await runPromtool(['check', 'metrics'], {}, 'foo{a="b\n')
    expect([exitCode, stderr]).toEqual([
      1,
      'error while linting: text format parsing error in line 1: label value "b" contains unescaped new-line\n',
    ])
    expect(await runPromtool(['check', 'metrics', '--lint=none'], {}, page)).toMatchObject({
      exitCode: 1,
    })
  })
})

describe('check service-discovery', () => {
  const config =
    'scrape_configs:\n- job_name: j\n  static_configs: [{targets: ["a:1", "b:2", "a:1", "http://x"], labels: {x: y}}]\n  relabel_configs: [{source_labels: [__address__], regex: "b:.*", action: drop}]\n'

  test('targets are shown before and after relabelling, each once', async () => {
    const { exitCode, stdout } = await runPromtool(['check', 'service-discovery', 'p.yml', 'j'], {
      'p.yml': config,
    })
    expect(exitCode).toBe(0)
    const found = JSON.parse(stdout)
    const own = {
      __metrics_path__: '/metrics',
      __scheme__: 'http',
      __scrape_interval__: '1m',
      __scrape_timeout__: '10s',
      job: 'j',
      x: 'y',
    }
    expect(found).toEqual([
      {
        discoveredLabels: { __address__: 'a:1', ...own },
        labels: { __address__: 'a:1', instance: 'a:1', ...own },
      },
      { discoveredLabels: { __address__: 'b:2', ...own }, labels: {} },
      { discoveredLabels: { __address__: 'http://x', ...own }, labels: {}, error: {} },
    ])
  })

  test('a job that is not there is answered with those that are', async () => {
    expect(
      await runPromtool(['check', 'service-discovery', 'p.yml', 'k'], { 'p.yml': config }),
    ).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'Job k not found. Select one of:\n\tj\n',
    })
  })
})

test('check web-config names each file', async () => {
  const files = { 'good.yml': 'basic_auth_users: {}\n', 'bad.yml': 'foo: bar\n' }
  const { exitCode, stderr } = await runPromtool(
    ['check', 'web-config', 'good.yml', 'bad.yml'],
    files,
  )
  expect(exitCode).toBe(1)
  expect(stderr).toContain(
    'good.yml SUCCESS\nbad.yml FAILED: yaml: unmarshal errors:\n  line 1: field foo not found in type web.Config\n',
  )
})
