import { ExpositionError } from './parse-error.ts'
import { TextParser } from './text-parser.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

function read(body: string | Buffer): unknown[] {
  const parser = new TextParser(Buffer.from(body as string))
  const out: unknown[] = []
  for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
    if (entry === 'series') out.push([parser.labels(), parser.value, parser.timeMs])
    else if (entry !== 'comment') out.push([entry, parser.familyName, parser.text])
  }
  return out
}

describe('TextParser', () => {
  test('walks metadata and samples', () => {
    expect(
      read('# HELP a x\\n\\\\y\n# TYPE a untyped\na{b="c\\"\\q",} 1 5\n{"d.e",f="ü"} -Inf\n# x\n'),
    ).toEqual([
      ['help', 'a', 'x\n\\y'],
      ['type', 'a', 'unknown'],
      [['__name__', 'a', 'b', 'c"\\q'], 1, 5],
      [['__name__', 'd.e', 'f', 'ü'], -Infinity, undefined],
    ])
  })

  test('prints le and quantile as floats under their type', () => {
    const name = (type: string, label: string, value: string) =>
      (read(`# TYPE a ${type}\na{${label}="${value}"} 1`)[1] as string[][])[0]?.[3]
    expect(name('histogram', 'le', '1')).toBe('1.0')
    expect(name('histogram', 'le', '1000000')).toBe('1e+06')
    expect(name('histogram', 'le', '0.00001')).toBe('1e-05')
    expect(name('histogram', 'le', 'inf')).toBe('+Inf')
    expect(name('histogram', 'le', 'x')).toBe('x')
    expect(name('histogram', 'quantile', '1')).toBe('1')
    expect(name('summary', 'quantile', '2.50')).toBe('2.5')
    expect(name('counter', 'le', '1')).toBe('1')
  })

  test('tells where a line and its value are', () => {
    const parser = new TextParser(bytes('# c\n  a{x="\n"}  1 5\nb 2'))
    const seen: number[][] = []
    for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
      seen.push([parser.lineStart, parser.valueStart, parser.lineEnd])
    }
    expect(seen).toEqual([
      [0, 0, 4],
      [4, 16, 20],
      [20, 22, 24],
    ])
  })

  test('refuses with the text of the original', () => {
    const f = (body: string | Buffer, text: string) => {
      expect(() => read(body)).toThrow(ExpositionError)
      expect(() => read(body)).toThrow(text)
    }
    f('a 1 -5\n', 'expected timestamp or new record, got "-" ("INVALID") while parsing: "a 1 -"')
    f('a\n', 'expected value after metric, got "\\n" ("INVALID") while parsing: "a\\n"')
    f('a', 'expected value after metric, got "\\n" ("INVALID") while parsing: "a\\n"')
    f('a x', 'strconv.ParseFloat: parsing "x": invalid syntax while parsing: "a x"')
    f('a 0x1p2', 'unsupported character in float while parsing: "a 0x1p2"')
    f('a 1e400', 'strconv.ParseFloat: parsing "1e400": value out of range while parsing: "a 1e400"')
    f('{x="1"} 1', 'metric name not set while parsing: "{x=\\"1\\"} 1"')
    f('# TYPE a foo\n', 'invalid metric type "foo"')
    f(bytes('a{x="\xff"} 1'), 'invalid UTF-8 label value: "\\"\\xff\\""')
    f(
      'a 1 99999999999999999999',
      'strconv.ParseInt: parsing "99999999999999999999": value out of range',
    )
  })
})
