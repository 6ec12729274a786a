import { encodeYaml, list, loadYaml } from '@prom/yaml'
import { relabelConfig, relabelConfigs } from './index.ts'

const rules = list(relabelConfig)

function load(rule: string) {
  return loadYaml(`- ${rule}\n`, rules, 'a.yml')
}

test('a rule has the defaults of the original and prints back', () => {
  const f = (rule: string, printed: string) => {
    const loaded = load(rule)
    if ('errors' in loaded) throw new Error(loaded.message)
    expect(encodeYaml(relabelConfig.encode(loaded.value[0]!)!)).toBe(printed)
  }
  f(
    '{source_labels: [a, "b, c"], target_label: z}',
    "source_labels: [a, 'b, c']\nseparator: ;\ntarget_label: z\nreplacement: $1\naction: replace\n",
  )
  f(
    '{action: HashMod, modulus: 3, target_label: q, separator: "", replacement: ""}',
    'modulus: 3\ntarget_label: q\naction: hashmod\n',
  )
  f(
    '{action: keep, source_labels: [x], regex: }',
    'source_labels: [x]\nseparator: ;\nregex: null\nreplacement: $1\naction: keep\n',
  )
  f(
    '{action: drop, source_labels: [x], regex: (.*)}',
    'source_labels: [x]\nseparator: ;\nregex: (.*)\nreplacement: $1\naction: drop\n',
  )
})

test('a rule that cannot work is refused in the words of the original', () => {
  const f = (rule: string, message: string) => {
    const loaded = load(rule)
    expect('errors' in loaded ? loaded.message : '').toBe(`${message} (line 1)`)
  }
  f("regex: '(abc'", 'error parsing regexp: missing closing ): `^(?s:(abc)$`')
  f('action: foo', 'unknown relabel action "foo"')
  f('action: hashmod', 'relabel configuration for hashmod requires non-zero modulus')
  f('action: replace', "relabel configuration for replace action requires 'target_label' value")
  f(
    '{action: lowercase, target_label: a, replacement: b}',
    "'replacement' can not be set for lowercase action",
  )
  f("{action: labelmap, replacement: ''}", '"" is invalid \'replacement\' for labelmap action')
  f(
    '{action: keepequal, target_label: a, regex: b}',
    "keepequal action requires only 'source_labels' and `target_label`, and no other fields",
  )
  f(
    '{action: labeldrop, target_label: a}',
    "labeldrop action requires only 'regex', and no other fields",
  )
  f("{source_labels: ['']}", '"" is not a valid label name')
})

test('an empty entry is named by the list it stands in', () => {
  const loaded = loadYaml('-\n', relabelConfigs('empty or null alert relabeling rule'), 'a.yml')
  expect('errors' in loaded && loaded.message).toBe('empty or null alert relabeling rule (line 1)')
})
