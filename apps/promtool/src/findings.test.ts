import { runPromtool } from './testing/run-promtool.ts'

const BAD = `groups:
- name: g
  rules:
  - {record: a, expr: 'up +'}
  - {record: b, expr: ')'}
`

test('findings as JSON have file, line and column, all of a file at once', async () => {
  const { exitCode, stdout, stderr } = await runPromtool(
    ['check', '--format=json', 'rules', 'r.yml'],
    { 'r.yml': BAD },
  )
  expect([exitCode, stderr]).toEqual([1, ''])
  expect(JSON.parse(stdout)).toEqual({
    success: false,
    findings: [
      {
        file: 'r.yml',
        line: 4,
        column: 23,
        severity: 'error',
        message:
          'group "g", rule 1, "a": could not parse expression: 1:5: parse error: unexpected end of input',
      },
      expect.objectContaining({ line: 5, column: 23 }),
    ],
  })
})

test('findings as annotations name the line, several of one YAML error apart', async () => {
  const f = async (text: string, ...lines: string[]) => {
    const { stdout } = await runPromtool(['check', '--format=github', 'config', 'p.yml'], {
      'p.yml': text,
    })
    expect(stdout.split('\n').slice(0, -1)).toEqual(lines)
  }
  await f('global: {}\n')
  await f(
    'a: 1\nb: 2\n',
    '::error file=p.yml,line=1::field a not found in type config.plain',
    '::error file=p.yml,line=2::field b not found in type config.plain',
  )
  await f(
    'rule_files: [no.yml]\n',
    '::error file=p.yml,line=1::"no.yml" does not point to an existing file (line 1)',
  )
})

test('lint is a warning, and the exit code is that of the text form', async () => {
  const rules = 'groups: [{name: g, rules: [{record: a, expr: up}, {record: a, expr: up}]}]\n'
  const argv = ['check', '--format=github', 'rules', '--lint-fatal', 'r.yml']
  const { exitCode, stdout } = await runPromtool(argv, { 'r.yml': rules })
  expect([exitCode, stdout]).toEqual([
    3,
    expect.stringMatching(/^::warning file=r.yml::lint error 1/),
  ])
})
