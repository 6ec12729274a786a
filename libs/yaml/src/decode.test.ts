import {
  bool,
  duration,
  field,
  float,
  inline,
  int,
  lineOf,
  list,
  loadYaml,
  map,
  oneOf,
  optional,
  secret,
  string,
  struct,
  uint,
} from './index.ts'

const inner = struct('config.plain', {
  name: field('name', string),
  every: field('every', duration, { default: 60_000 }),
})

const shared = struct(
  'config.HTTPClientConfig',
  {
    followRedirects: field('follow_redirects', bool, { default: true }),
    token: field('token', secret),
  },
  { check: (value) => (value.token.value === 'bad' ? 'token is bad' : undefined) },
)

const sample = struct(
  'config.plain',
  {
    name: field('name', string),
    limit: field('limit', uint),
    count: field('count', int),
    share: field('share', float),
    isOn: field('is_on', bool, { default: true }),
    every: field('every', duration, { default: 60_000 }),
    labels: field('labels', map(string)),
    items: field('items', list(inner, { nullError: 'empty or null item' })),
    maybe: field('maybe', optional(inner)),
    level: field(
      'level',
      oneOf(['low', 'high'], (text) => `unknown level "${text}"`),
    ),
    http: inline(shared),
  },
  {
    check: (value) =>
      value.count > value.limit ? { text: 'count greater than limit', key: 'count' } : undefined,
    removed: { old_name: 'name' },
  },
)

function load(text: string, flavour: 'v2' | 'v3' = 'v2') {
  return loadYaml(text, sample, 'a.yml', { flavour, empty: sample.create })
}

function value(text: string) {
  const loaded = load(text)
  if ('errors' in loaded) throw new Error(loaded.message)
  return loaded.value
}

test('absent keys take their default, null takes the zero value', () => {
  const empty = value('')
  expect([empty.name, empty.limit, empty.isOn, empty.every, empty.maybe]).toEqual([
    '',
    0,
    true,
    60_000,
    undefined,
  ])
  expect(empty.http.followRedirects).toBe(true)
  const nulls = value('is_on:\nevery: ~\nmaybe: null\nlabels:\n')
  expect([nulls.isOn, nulls.every, nulls.maybe, nulls.labels.size]).toEqual([
    false,
    0,
    undefined,
    0,
  ])
})

test('scalars keep their text for strings and follow YAML 1.1 for the rest', () => {
  const got = value(
    'name: 0644\nlimit: 0x10\ncount: -1_0\nshare: 3\nis_on: no\nevery: 1h30m\nlabels: {a: 1.10, "b": yes, c: null, 5: x}\n',
  )
  expect(got).toMatchObject({
    name: '0644',
    limit: 16,
    count: -10,
    share: 3,
    isOn: false,
    every: 5_400_000,
  })
  expect([...got.labels]).toEqual([
    ['a', '1.10'],
    ['b', 'yes'],
    ['c', ''],
    ['5', 'x'],
  ])
})

test('anchors, aliases and merge keys are followed in the order of the file', () => {
  const got = value('items:\n- &a\n  name: x\n  every: 1s\n- <<: *a\n  name: y\n- *a\n')
  expect(got.items).toEqual([
    { name: 'x', every: 1000 },
    { name: 'y', every: 1000 },
    { name: 'x', every: 1000 },
  ])
})

test('errors have the texts of the original, several at once', () => {
  const f = (text: string, ...lines: string[]) => {
    const loaded = load(text)
    expect('errors' in loaded ? loaded.message.split('\n') : []).toEqual(lines)
  }
  const first = 'yaml: unmarshal errors:'
  f('nome: x\n', first, '  line 1: field nome not found in type config.plain')
  f(
    'name: x\nname: y\nlimit: abc\n',
    first,
    '  line 2: field name already set in type config.plain',
    '  line 3: cannot unmarshal !!str `abc` into uint',
  )
  f(
    'limit: -1\ncount: "5"\nlabels: [a]\nitems: {a: b}\n',
    first,
    '  line 1: cannot unmarshal !!int `-1` into uint',
    '  line 2: cannot unmarshal !!str `5` into int',
    '  line 3: cannot unmarshal !!seq into map[string]string',
    '  line 4: cannot unmarshal !!map into []*config.plain',
  )
  f(
    'name: [x]\nevery: [1]\n',
    first,
    '  line 1: cannot unmarshal !!seq into string',
    '  line 2: cannot unmarshal !!seq into string',
  )
  f('count: a very long text\n', first, '  line 1: cannot unmarshal !!str `a very ...` into int')
  f('labels:\n  a: b\n  a: c\n', first, '  line 3: key "a" already set in map')
  f('[a]\n', first, '  line 1: cannot unmarshal !!seq into config.plain')
  f('old_name: x\n', first, '  line 1: field old_name not found in type config.plain (today: name)')
  f('name: x\nevery: 5x\n', 'unknown unit "x" in duration "5x" (line 2)')
  f('items:\n- name: a\n-\n', 'empty or null item (line 3)')
  f('level: mid\n', 'unknown level "mid" (line 1)')
  f('limit: 1\ncount: 2\n', 'count greater than limit (line 2)')
  f('limit: 1\ncount: 2\nfoo: 1\n', first, '  line 3: field foo not found in type config.plain')
  f('name: x\ntoken: bad\n', 'token is bad (line 1)')
  f('name: *nope\n', "yaml: unknown anchor 'nope' referenced (line 1)")
  f('items: &a\n- *a\n', "yaml: anchor 'a' value contains itself (line 2)")
  f('name: "x', 'yaml: line 1: found unexpected end of stream')
})

test('rule files are read as yaml.v3 does', () => {
  const f = (text: string, want: string | undefined) => {
    const loaded = load(text, 'v3')
    expect('errors' in loaded ? loaded.message : undefined).toBe(want)
  }
  f('is_on: yes\n', undefined)
  f(
    'name: x\nname: y\n',
    'yaml: unmarshal errors:\n  line 2: mapping key "name" already defined at line 1',
  )
})

test('a document that expands without end is refused', () => {
  const levels = ['a: &a0 [x,x,x,x,x,x,x,x,x]']
  for (let i = 1; i < 12; i++)
    levels.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(',')}]`,
    )
  const loaded = load(levels.join('\n'))
  expect('errors' in loaded && loaded.message).toBe('yaml: document contains excessive aliasing')
})

test('the place of a value and of its keys is known', () => {
  const got = value('name: x\nitems:\n- every: 5s\n  name: y\n')
  expect([lineOf(got.items[0]!), lineOf(got.items[0]!, 'name'), lineOf(got, 'items')]).toEqual([
    3, 4, 2,
  ])
})

test('inside brackets and quotes indentation does not count, as for Go', () => {
  const text =
    'labels: {\n  a: b,\n}\nitems: [\n  {name: x},\n]\nmaybe:\n  name: "two\n words"\nlimit: 5\n'
  const got = value(text)
  expect([got.labels.get('a'), got.items[0]?.name, got.maybe?.name]).toEqual([
    'b',
    'x',
    'two words',
  ])
  expect(lineOf(got, 'limit')).toBe(10)
  expect(value('labels: {\n a: b,\n}\n').labels.get('a')).toBe('b')
})

test('a document of another YAML version is refused', () => {
  const loaded = load('%YAML 1.2\n---\nname: x\n')
  expect('errors' in loaded && loaded.message).toBe(
    'yaml: line 1: found incompatible YAML document',
  )
})

test('syntax errors have the words of Go and the line of the mistake', () => {
  const f = (text: string, want: string) => {
    const loaded = load(text)
    expect('errors' in loaded && loaded.message).toBe(`yaml: ${want}`)
  }
  f('name: a: b\n', 'line 1: mapping values are not allowed in this context')
  f('name: @x\n', 'line 1: found character that cannot start any token')
  f('name: x\n limit: 5\n', 'line 2: mapping values are not allowed in this context')
  f('items:\n- name: x\n  every: 5s\n bad: 1\n', 'line 4: did not find expected key')
  f('labels: {a: b\nlimit: 5\n', "line 2: did not find expected ',' or '}'")
  f('items: [{name: x}\nlimit: 5\n', "line 2: did not find expected ',' or ']'")
  f('name: "a\u0000b"\n', 'line 1: control characters are not allowed')
})
