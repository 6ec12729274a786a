import { RE2JS } from 're2js'
import { isPlainPattern } from './plain-pattern.ts'

const isRe2 = (pattern: string) => {
  try {
    RE2JS.compile(pattern)
    return true
  } catch {
    return false
  }
}

test('patterns of rules are plain', () => {
  const f = (pattern: string) => expect([pattern, isPlainPattern(pattern)]).toEqual([pattern, true])
  f('')
  f('5..')
  f('/api/v[0-9]+/r1.*')
  f('a|b|(?:c|d)+?')
  f('^(a\\.b)$')
  f('[^a-z_-]x?')
})

test('what may be wrong is not', () => {
  const f = (pattern: string) =>
    expect([pattern, isPlainPattern(pattern)]).toEqual([pattern, false])
  f('a**')
  f('*a')
  f('(a')
  f('a)')
  f('[z-a]')
  f('[]')
  f('[^]')
  f('\\q')
  f('a{3}')
  f('(?P<x>a)')
  f('é')
  f('[[:alpha:]]')
  f('a|*')
  f('^*')
  f('a'.repeat(501))
})

test('no pattern that the engine refuses is plain', () => {
  const parts = [
    'a',
    '0',
    '.',
    '*',
    '+',
    '?',
    '|',
    '(',
    ')',
    '(?:',
    '[',
    ']',
    '-',
    '^',
    '$',
    '\\',
    'd',
  ]
  let seed = 7
  const next = () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return seed
  }
  let plain = 0
  for (let round = 0; round < 20_000; round++) {
    let pattern = ''
    for (let left = 1 + (next() % 8); left > 0; left--) pattern += parts[next() % parts.length]
    if (!isPlainPattern(pattern)) continue
    plain++
    if (!isRe2(pattern)) throw new Error(`plain, but refused: ${pattern}`)
  }
  expect(plain).toBeGreaterThan(1000)
})
