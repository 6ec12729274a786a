import { parseRuleFile } from './rule-file.ts'

const HEAD = 'groups:\n- name: g\n  rules:\n  - '

const errorsOf = (text: string) => {
  const parsed = parseRuleFile(text, 'r.yml')
  return 'errors' in parsed ? parsed.errors.map((error) => error.text) : []
}

test('a good file gives its groups', () => {
  const parsed = parseRuleFile(
    `groups:\n- name: g\n  interval: 1m\n  query_offset: 5s\n  limit: 3\n  labels: {a: b}\n  rules:\n  - record: x\n    expr: sum(up)\n  - alert: A\n    expr: |\n      up == 0\n    for: 5m\n    keep_firing_for: 1m\n    labels: {severity: "{{ $value }}"}\n    annotations: {summary: "{{ $labels.job }} is down"}\n`,
    'r.yml',
  )
  expect('file' in parsed && parsed.file.groups).toMatchObject([
    {
      name: 'g',
      intervalMs: 60_000,
      queryOffsetMs: 5000,
      limit: 3,
      rules: [
        { record: 'x', expr: 'sum(up)', forMs: 0 },
        { alert: 'A', expr: 'up == 0\n', forMs: 300_000, keepFiringForMs: 60_000 },
      ],
    },
  ])
})

test('every error of a file is found, at its place and in the words of the original', () => {
  const f = (text: string, ...errors: string[]) => expect(errorsOf(text)).toEqual(errors)
  f('')
  f('groups:\n')
  f(
    `${HEAD}record: a\n    expr: up +\n    annotations: {a: b}\n    for: 5m\n    keep_firing_for: 1m\n`,
    '5:11: group "g", rule 1, "a": could not parse expression: 1:5: parse error: unexpected end of input',
    '4:13: group "g", rule 1, "a": invalid field \'annotations\' in recording rule',
    '4:13: group "g", rule 1, "a": invalid field \'for\' in recording rule',
    '4:13: group "g", rule 1, "a": invalid field \'keep_firing_for\' in recording rule',
  )
  f(
    `${HEAD}alert: a\n    expr: up\n    record: c\n`,
    '6:13: 4:12: group "g", rule 1, "a": only one of \'record\' and \'alert\' must be set',
  )
  f(
    `${HEAD}expr: up\n`,
    '0:0: 0:0: group "g", rule 1, "": one of \'record\' or \'alert\' must be set',
  )
  f(`${HEAD}alert: a\n`, '0:0: group "g", rule 1, "a": field \'expr\' must be set in rule')
  f(
    `${HEAD}alert: a\n    expr: up\n    labels: {__name__: x, y: "{{ nope }}"}\n    annotations: {"": z, w: "{{ 1"}\n`,
    'group "g", rule 1, "a": invalid label name: __name__',
    'group "g", rule 1, "a": invalid annotation name: ',
    'group "g", rule 1, "a": label "y": template: __alert_a:1: function "nope" not defined',
    'group "g", rule 1, "a": annotation "w": template: __alert_a:1: unclosed action',
  )
  f(
    `${HEAD}record: 'a{b}'\n    expr: up\n`,
    '4:13: group "g", rule 1, "a{b}": braces present in the recording rule name; should it be in expr?: a{b}',
  )
  f(
    `${HEAD}record: a b\n    expr: |\n      up\n      +\n      (\n`,
    '5:11: group "g", rule 1, "a b": could not parse expression: 4:1: parse error: unclosed left parenthesis',
  )
  f(
    "groups:\n- name: ''\n- name: g\n- name: g\n  labels: {__name__: x}\n",
    '0:0: Groupname must not be empty',
    '0:0: groupname: "g" is repeated in the same file',
    'invalid label name: __name__',
  )
})

test('wrong YAML is refused with its line', () => {
  const f = (text: string, error: string) => expect(errorsOf(text)).toEqual([error])
  f(
    `${HEAD}record: a\n    expr: up\n    foo: x\n`,
    'yaml: unmarshal errors:\n  line 6: field foo not found in type rulefmt.Rule',
  )
  f(`${HEAD}record: a\n    expr: up\n    for: 5x\n`, 'unknown unit "x" in duration "5x" (line 6)')
  f(
    'groups: {}\n',
    'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!map into []rulefmt.RuleGroup',
  )
  f(
    `${HEAD}record: a\n    expr: up\n    expr: up\n    foo: c\n`,
    'yaml: unmarshal errors:\n  line 6: mapping key "expr" already defined at line 5',
  )
})

test('unknown keys may be passed over', () => {
  const text = `${HEAD}record: a\n    expr: up\n    owner: me\n`
  expect('file' in parseRuleFile(text, 'r.yml', { ignoreUnknownFields: true })).toBe(true)
})

test('the syntax of 1.x is answered with the YAML of today', () => {
  const [error] = errorsOf(
    'ALERT Down\n  IF up == 0\n  FOR 5m\n  LABELS { severity = "page" }\n  ANNOTATIONS { summary = "it\'s down" }\njob:up:sum{a="b"} = sum(up) by (job)\n',
  )
  expect(error).toContain(
    'groups:\n- name: rules\n  rules:\n  - alert: Down\n    expr: "up == 0"\n    for: 5m\n    labels:\n      severity: "page"\n    annotations:\n      summary: "it\'s down"\n  - record: job:up:sum\n    expr: "sum(up) by (job)"\n    labels:\n      a: "b"\n',
  )
})
