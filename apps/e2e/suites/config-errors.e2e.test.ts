/** A bad configuration is one clear line with file and line; a running server keeps the old one. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, run, stopAll } from '../harness/processes.ts'
import { originals, ours, programPath } from '../harness/programs.ts'
import { startServer } from '../harness/server.ts'
import { waitFor } from '../harness/wait.ts'

interface Case {
  readonly name: string
  readonly config: string
  /** 1-based line that the message must name. */
  readonly line: number
  /** What the original says too. */
  readonly says: string
}

const cases: Case[] = [
  {
    name: 'wrong YAML',
    config: 'global:\n  scrape_interval: 5s\n bad: [\n',
    line: 3, // The original says 2, one less than where it is.
    says: 'did not find expected key',
  },
  {
    name: 'an unknown field',
    config: 'global:\n  scrape_intervall: 5s\n',
    line: 2,
    says: 'line 2: field scrape_intervall not found in type config.plain',
  },
  {
    name: 'a bad regex',
    config:
      'scrape_configs:\n  - job_name: a\n    relabel_configs:\n      - source_labels: [x]\n        regex: "(a"\n',
    line: 5,
    says: 'error parsing regexp: missing closing ): `^(?s:(a)$`',
  },
  {
    name: 'a bad duration',
    config: 'global:\n  scrape_interval: 5parsecs\n',
    line: 2,
    says: 'unknown unit "parsecs" in duration "5parsecs"',
  },
  {
    name: 'a broken rule file',
    config: 'rule_files:\n  - rules.yml\n',
    line: 5,
    says: 'group "a", rule 1, "x": could not parse expression: 1:5: parse error: unclosed left parenthesis',
  },
]
const rules = 'groups:\n- name: a\n  rules:\n  - record: x\n    expr: sum(\n'

afterAll(async () => {
  await stopAll()
  removeFolders()
})

describe.each(cases)('$name', ({ config, line, says }) => {
  const folder = folderWith({ 'prometheus.yml': config, 'rules.yml': rules })
  const file = join(folder, 'prometheus.yml')

  async function startBroken(bin: typeof ours) {
    return await run(programPath(bin, 'prometheus'), [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, bin.name)}`,
      `--web.listen-address=127.0.0.1:${await freePort()}`,
    ])
  }

  it('ends the start with the exit code of the original and a line that says where', async () => {
    const [mine, theirs] = [await startBroken(ours), await startBroken(originals)]
    expect(mine.code).toBe(theirs.code)
    const errors = mine.stderr.split('\n').filter((text) => text.includes('level=ERROR'))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain(says.replaceAll('"', '\\"'))
    expect(errors[0]).toMatch(new RegExp(`\\.yml.*(line |yml: ?)${line}\\b`))
    expect(theirs.stderr).toContain(says.replaceAll('"', '\\"'))
  })

  it('is refused by promtool check config', async () => {
    const mine = await run(programPath(ours, 'promtool'), ['check', 'config', file])
    const theirs = await run(programPath(originals, 'promtool'), ['check', 'config', file])
    expect(mine.code).toBe(1)
    expect(theirs.code).toBe(1)
    expect(mine.stdout + mine.stderr).toContain(says)
    expect(mine.stdout + mine.stderr).toMatch(new RegExp(`(line |yml: ?)${line}\\b`))
  })
})

it('a missing rule file is named by promtool check config', async () => {
  const folder = folderWith({ 'prometheus.yml': 'rule_files:\n  - missing.yml\n' })
  const file = join(folder, 'prometheus.yml')
  const mine = await run(programPath(ours, 'promtool'), ['check', 'config', file])
  expect(mine.code).toBe(1)
  expect(mine.stdout + mine.stderr).toContain('missing.yml" does not point to an existing file')
  expect(mine.stdout + mine.stderr).toContain('(line 1)')
})

it('a missing rule file is named in the log of the server, which starts as the original does', async () => {
  const folder = folderWith({ 'prometheus.yml': '\n\nrule_files:\n  - missing.yml\n' })
  const file = join(folder, 'prometheus.yml')
  const server = await startServer(ours, { config: file, data: join(folder, 'data') })
  const lines = server.running.output().split('\n')
  const said = lines.filter((line) => line.includes('missing.yml'))
  expect(said).toHaveLength(1)
  expect(said[0]).toContain('level=WARN')
  expect(said[0]).toMatch(/prometheus\.yml: line 3\b/)
  expect(await server.running.stop()).toBe(0)
})

it('a bad file at reload leaves the old configuration running and says so in a metric', async () => {
  const good = 'global:\n  scrape_interval: 7s\n'
  const folder = folderWith({ 'prometheus.yml': good })
  const file = join(folder, 'prometheus.yml')
  const server = await startServer(ours, {
    config: file,
    data: join(folder, 'data'),
    args: ['--web.enable-lifecycle'],
  })
  const successful = async () =>
    /^prometheus_config_last_reload_successful (\d)/m.exec(
      await (await fetch(`${server.url}/metrics`)).text(),
    )?.[1]
  const running = async () => await (await fetch(`${server.url}/api/v1/status/config`)).text()
  expect(await successful()).toBe('1')

  writeFileSync(file, cases[1]?.config ?? '')
  const refused = await fetch(`${server.url}/-/reload`, { method: 'POST' })
  expect(refused.status).toBe(500)
  expect(await refused.text()).toContain('field scrape_intervall not found in type config.plain')
  expect(await successful()).toBe('0')
  expect(await running()).toContain('scrape_interval: 7s')

  writeFileSync(file, 'global:\n  scrape_interval: 9s\n')
  server.running.child.kill('SIGHUP')
  await waitFor('the reload', 10_000, async () => ((await successful()) === '1' ? true : undefined))
  expect(await running()).toContain('scrape_interval: 9s')
  expect(await server.running.stop()).toBe(0)
})
