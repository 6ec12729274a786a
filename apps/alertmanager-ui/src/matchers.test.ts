import { parseMatchers, printMatchers } from './matchers.ts'
import { hashOf, parseHash } from './place.ts'

test('matchers survive print and parse', () => {
  const text = '{alertname="A b", x=~"a|b\\"c", y!="", z!~"q", "u t f"="é"}'
  expect(printMatchers(parseMatchers(text) ?? [])).toBe(text)
})

test('braces and quotes may be left out', () => {
  expect(parseMatchers('severity=page')).toEqual([
    { name: 'severity', value: 'page', isRegex: false, isEqual: true },
  ])
  expect(parseMatchers('')).toEqual([])
})

test('text that is no matcher is told apart', () => {
  for (const text of ['{a}', 'a="b" c="d"', '{a="b}', '{="b"}']) {
    expect(parseMatchers(text)).toBeUndefined()
  }
})

test('a filter survives its way through the address', () => {
  const hash = hashOf('/alerts', { filter: '{a="b & c", d=~"%"}', receiver: '' })
  expect(hash).toBe('#/alerts?filter=%7Ba%3D%22b%20%26%20c%22%2C%20d%3D~%22%25%22%7D')
  const { path, parameters } = parseHash(hash)
  expect(path).toBe('/alerts')
  expect(parameters.get('filter')).toBe('{a="b & c", d=~"%"}')
  expect(parseHash('').path).toBe('/alerts')
})
