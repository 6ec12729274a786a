import {
  bool,
  bytes,
  duration,
  encodeYaml,
  field,
  list,
  loadYaml,
  map,
  redactUrl,
  secret,
  string,
  struct,
  url,
} from './index.ts'
import { urlProblem } from './url.ts'

test('structs print in the order of their fields, without what is empty', () => {
  const schema = struct('config.plain', {
    every: field('every', duration, { default: 60_000 }),
    size: field('size', bytes),
    labels: field('labels', map(string)),
    token: field('token', secret),
    list: field('list', list(string)),
    isOn: field('is_on', bool, { isAlwaysPrinted: true }),
    url: field('url', url),
  })
  const loaded = loadYaml(
    'labels: {b: "1", a10: x, a9: ""}\ntoken: abc\nlist: [x, "no"]\nurl: http://me:pw@h/\nsize: 1500KB\n',
    schema,
    'a.yml',
  )
  if ('errors' in loaded) throw new Error(loaded.message)
  expect(encodeYaml(schema.encode(loaded.value)!)).toBe(
    'every: 1m\nsize: 1MiB476KiB\nlabels:\n  a9: ""\n  a10: x\n  b: "1"\ntoken: <secret>\nlist:\n- x\n- "no"\nis_on: false\nurl: http://me:xxxxx@h/\n',
  )
})

test('strings are quoted as yaml.v2 quotes them', () => {
  const f = (text: string, want: string) => expect(encodeYaml({ k: text })).toBe(`k: ${want}\n`)
  f('plain', 'plain')
  f('', '""')
  f('true', '"true"')
  f('12', '"12"')
  f('1:30', '"1:30"')
  f('null', '"null"')
  f('a: b', "'a: b'")
  f('a #b', "'a #b'")
  f('$1', '$1')
  f(';', ';')
  f('(.*)', '(.*)')
  f('*x', "'*x'")
  f("it's", "it's")
  f("- it's", "'- it''s'")
  f('{a}', "'{a}'")
  f(' lead', "' lead'")
  f('tab\tx', '"tab\\tx"')
  f('two\nlines', '|-\n  two\n  lines')
  f('ends\n', '|\n  ends')
  f('a\n\nb\n\n', '|+\n  a\n\n  b\n')
  f('é 😱', '"é \\U0001F631"')
  f(`${'word '.repeat(16)}end and more`, `${'word '.repeat(15)}word\n  end and more`)
})

test('lists stand on the level of their key', () => {
  expect(encodeYaml({ a: [{ b: 1, c: [] }, ['x']], d: {}, e: [], f: { g: null } })).toBe(
    'a:\n- b: 1\n  c: []\n- - x\nd: {}\ne: []\nf:\n  g: null\n',
  )
})

test('passwords in URLs are not shown, bad URLs are named as Go names them', () => {
  expect(redactUrl('http://a:b@c@host/x?y=z')).toBe('http://a:xxxxx@host/x?y=z')
  expect(redactUrl('http://host/a:b@c')).toBe('http://host/a:b@c')
  const f = (text: string, want: string | undefined) => expect(urlProblem(text)).toBe(want)
  f('http://h:9090/x', undefined)
  f('/only/path', undefined)
  f(':x', 'missing protocol scheme')
  f('1a:b', 'first path segment in URL cannot contain colon')
  f('http://h:x/', 'invalid port ":x" after host')
  f('http://h/%zz', 'invalid URL escape "%zz"')
  f('http://a b/', 'invalid character " " in host name')
  f('http://[::1', "missing ']' in host")
})
