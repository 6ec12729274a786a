import { parseAnyYaml } from './parse.ts'
import { readPlainYaml } from './plain-yaml.ts'

const PLAIN = [
  'a: 1\n',
  '# head\n---\na: 1\nb:\nc: ~ # null\nd: null\n',
  'groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: sum(x) by (y)\n    labels: {a: b, c: "d e", f: [1, 2]}\n',
  'a:\n  - b: 1\n    c: 2\n\n  - b: 3\n# end\nd: x\n',
  'a: |\n  one\n   two\n\n  three\nb: |-\n    x\n\nc: |+\n  y\n\n',
  'a: >\n  one\n  two\nb: >-\n    x\n',
  'a: sum(x)\n  / on (y)\n  sum(z) # comment\nb: -1\nc: --x=y\n',
  'a: "b \\"c\\" \\n \\\\"\nb: \'it\'\'s\'\nc: [a, \'b\', "c", [d], {e: f}]\nd: {}\ne: []\n',
  '- a\n- b c\n- {d: e}\n-\n  f: g\n',
  'a: http://b:1/c#d\nb: x \u00e9 \u{1f600}\n',
  'list:\n- x\n- y\nother:\n    deep:\n        er: 1',
]

const NOT_PLAIN = [
  '',
  '# nothing\n',
  'a: &x 1\nb: *x\n',
  'a: !!str 1\n',
  'a:\tb\n',
  'a: 1\r\n',
  'a: 1\n---\nb: 2\n',
  '? a\n: b\n',
  'a: b: c\n',
  'a: "b\n  c"\n',
  '"a": b\n',
  '- - a\n',
  '-\n- a\n',
  'a: [b,\n  c]\n',
  'a: [b,]\n',
  'a: {b}\n',
  'a: |2\n   b\n',
  'a: >\n  b\n\n  c\n',
  'a: 1\n  b: 2\n',
  'a:\n   b: 1\n  c: 2\n',
  'just a word\n',
  'a: b\n\n  c\n',
  'a: @b\n',
  'a: \ud800\n',
]

const PIECES =
  '- |  |\n|\n\n|\n  |: |:| #c|#|"|\'|[|]|{|}|,|\\||>|-|~|null|a: b|a:|\\|\t|\u00e9|---|1|&a |*a|? |@'.split(
    /(?<!\\)\|/,
  )

test('what is plain is read as the full parser reads it, with the same places', () => {
  for (const text of PLAIN) {
    const node = readPlainYaml(text)
    expect(node).toBeDefined()
    expect(node).toEqual(parseAnyYaml(text))
  }
})

test('what is not plain, or wrong, is left to the full parser', () => {
  for (const text of NOT_PLAIN) expect([text, readPlainYaml(text)]).toEqual([text, undefined])
})

test('whatever is changed in a plain text, both parsers agree or the plain one gives up', () => {
  let seed = 1
  const random = (count: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return (seed >> 8) % count
  }
  let readCount = 0
  for (let round = 0; round < 4000; round++) {
    let text = PLAIN[random(PLAIN.length)]!
    for (let i = random(3); i >= 0; i--) {
      const at = random(text.length + 1)
      text = text.slice(0, at) + PIECES[random(PIECES.length)]! + text.slice(at + random(3))
    }
    const node = readPlainYaml(text)
    if (node === undefined) continue
    readCount++
    expect([text, node]).toEqual([text, parseAnyYaml(text)])
  }
  expect(readCount).toBeGreaterThan(500)
})
