/** The commands of deploy/ci, run as they stand. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { run } from '../harness/processes.ts'
import { ours, repoRoot } from '../harness/programs.ts'

const RULES = `groups:
- name: g
  rules:
  - {record: 'job:up:sum', expr: sum by (job) (up)}
  - {alert: Down, expr: up == 0, for: 1m}
`
const TESTS = `rule_files: [../rules/r.yml]
tests:
- input_series: [{series: 'up{job="a"}', values: '0x5'}]
  alert_rule_test:
  - {eval_time: 2m, alertname: Down, exp_alerts: [{exp_labels: {job: a}}]}
`
const good = {
  'prometheus.yml': 'rule_files: [rules/*.yml]\n',
  'rules/r.yml': RULES,
  'tests/t.yml': TESTS,
}
const bad = { ...good, 'rules/r.yml': RULES.replace('sum by (job) (up)', 'sum by (job (up)') }

interface Workflow {
  readonly env: Readonly<Record<string, string>>
  readonly jobs: { readonly promtool: { readonly steps: readonly { readonly run?: string }[] } }
}
interface Hooks {
  readonly repos: readonly {
    readonly hooks: readonly { readonly entry: string; readonly files: string }[]
  }[]
}

const read = (name: string) => load(readFileSync(join(repoRoot, 'deploy/ci', name), 'utf8'))

afterAll(removeFolders)

function shell(command: string, cwd: string, more: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...more, PATH: `${ours.bin}:${process.env.PATH}` }
  return run('sh', ['-c', command], { cwd, env })
}

test('the workflow passes on good files and annotates bad ones', async () => {
  const { env, jobs } = read('github-workflow.yml') as Workflow
  const steps = jobs.promtool.steps.flatMap(({ run: command }) => command ?? [])
  expect(steps).toHaveLength(4)
  const folder = folderWith(good)
  for (const step of steps) {
    const { code, stderr } = await shell(step, folder, env)
    expect([step, code, stderr]).toEqual([step, 0, ''])
  }
  const broken = folderWith(bad)
  const found = await shell(steps[1] as string, broken, env)
  expect([found.code, found.stdout]).toEqual([
    1,
    expect.stringMatching(/^::error file=rules\/r\.yml,line=4,col=\d+::group "g", rule 1, /),
  ])
})

test('the hooks pass on good files and stop bad ones', async () => {
  const { repos } = read('pre-commit-config.yaml') as Hooks
  const hooks = repos.flatMap((repo) => repo.hooks)
  const codes = async (files: Readonly<Record<string, string>>) => {
    const folder = folderWith(files)
    const all: number[] = []
    for (const { entry, files: pattern } of hooks) {
      const names = Object.keys(files).filter((name) => new RegExp(pattern).test(name))
      expect(names).toHaveLength(1)
      all.push((await shell(`${entry} ${names.join(' ')}`, folder)).code)
    }
    return all
  }
  expect(await codes(good)).toEqual([0, 0, 0])
  expect(await codes(bad)).toEqual([1, 1, 1])
})
