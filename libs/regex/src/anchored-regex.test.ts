// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are relabel templates
import { RE2JS } from 're2js'
import { AnchoredRegex, RegexError } from './anchored-regex.ts'

describe('AnchoredRegex', () => {
  const patterns = [
    '',
    'a',
    'a|b|',
    'api|web',
    '.*',
    '.+',
    'node_.*',
    '.*_total',
    '.*cpu.*',
    'a.*b.*c',
    'a.+b',
    '.+.+',
    '(foo|bar)_(x|y).*',
    '(?:a|b)+',
    'a?b',
    'a\\.b',
    'a\\d+',
    '[ab]c',
    '^a$',
    '$^',
    'a{2}',
    '(a)(b)?',
    'ü.+',
    'a.b',
    '\\.\\*',
    '.*a.+',
    '(.*)-(.*)',
    '(|x)y',
  ]
  const values = [
    '',
    'a',
    'b',
    'c',
    'ab',
    'aab',
    'abc',
    'aXbYc',
    'ac',
    'bc',
    'api',
    'web',
    'apiweb',
    'node_',
    'node_cpu',
    'x_total',
    'cpu',
    'a\nb',
    'a.b',
    'a1',
    'a12',
    'foo_x',
    'bar_y1',
    'foo_z',
    'aa',
    'ü',
    'üü',
    '\u{1f600}',
    'ü\u{1f600}',
    '.*',
    'y',
    'xy',
    'a-b',
    'ba',
    'b\na',
  ]

  test('agrees with the engine on every pattern and value, asked twice', () => {
    for (const pattern of patterns) {
      const regex = AnchoredRegex.compile(pattern)
      const engine = RE2JS.compile(`^(?s:${pattern})$`)
      for (const value of [...values, ...values]) {
        expect([pattern, value, regex.matches(value)]).toEqual([pattern, value, engine.test(value)])
      }
    }
  })

  test('finds the set behind alternatives of literals', () => {
    const f = (pattern: string, set: string[] | undefined) =>
      expect(AnchoredRegex.compile(pattern).setMatches()).toEqual(set)
    f('a', ['a'])
    f('a|b|a', ['a', 'b'])
    f('(x|y)(1|2)', ['x1', 'x2', 'y1', 'y2'])
    f('a\\.b|', ['a.b', ''])
    f('a.*', undefined)
    f('[ab]', undefined)
    f(Array.from({ length: 300 }, (_, i) => `v${i}`).join('|'), undefined)
  })

  test('knows the literal prefix', () => {
    expect(AnchoredRegex.compile('node_.*').prefix).toBe('node_')
    expect(AnchoredRegex.compile('a.*|b').prefix).toBe('')
    expect(AnchoredRegex.compile('[a]').prefix).toBe('')
  })

  test('expands as Go does', () => {
    const f = (pattern: string, value: string, template: string, expected: string | undefined) =>
      expect(AnchoredRegex.compile(pattern).expand(value, template)).toBe(expected)
    f('(.*):(.*)', 'host:80', '$1', 'host')
    f('(.*):(.*)', 'host:80', '${2}-$1', '80-host')
    f('(.*):(.*)', 'host:80', '$1x', '') // The group named "1x".
    f('(.*):(.*)', 'host:80', '${1}x', 'hostx')
    f('(.*):(.*)', 'host', '$1', undefined)
    f('(?P<a>x)(y)?', 'x', '$a$2$b$0', 'xx')
    f('(?P<toString>x)', 'x', '$toString$constructor', 'x')
    f('x', 'x', '$$1 $ ${ ${1 $- $', '$1 $ ${ ${1 $- $')
    f('(x)', 'x', '$01$00', '')
    f('x', 'y', 'constant', undefined)
    f('x', 'x', 'constant', 'constant')
  })

  test('tells errors in Go words, with the form the user sees there', () => {
    const f = (compile: () => unknown, text: string) => {
      expect(compile).toThrow(RegexError)
      expect(compile).toThrow(text)
    }
    f(() => AnchoredRegex.compile('('), 'error parsing regexp: missing closing ): `(`')
    f(() => AnchoredRegex.compile('a)(b'), 'error parsing regexp: unexpected ): `a)(b`')
    f(
      () => AnchoredRegex.compileInConfig('('),
      'error parsing regexp: missing closing ): `^(?s:()$`',
    )
    expect(AnchoredRegex.compileInConfig('a)(b').matches('ab')).toBe(true)
  })

  test('stays linear on patterns that explode elsewhere', () => {
    const regex = AnchoredRegex.compile('(a+)+b|(a|a)*c')
    expect(regex.matches('a'.repeat(5000))).toBe(false)
  })
})
