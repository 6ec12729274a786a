import { OpenMetricsParser } from './openmetrics-parser.ts'
import { ExpositionError } from './parse-error.ts'

function read(body: string, options = {}): unknown[] {
  const bytes = Buffer.from(body)
  const parser = new OpenMetricsParser(bytes, 0, bytes.length, options)
  const out: unknown[] = []
  for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
    if (entry === 'series') {
      out.push([parser.labels(), parser.value, parser.timeMs, parser.exemplars()])
    } else out.push([entry, parser.familyName, parser.text])
  }
  return out
}

describe('OpenMetricsParser', () => {
  test('walks metadata, samples, times and exemplars', () => {
    expect(
      read(
        '# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds x\\n\\"\na_seconds_total{b="c"} 1 1.5 # {t="x",u="y"} 0.5 2\nb 2\n# EOF\n',
      ),
    ).toEqual([
      ['type', 'a_seconds', 'counter'],
      ['unit', 'a_seconds', 'seconds'],
      ['help', 'a_seconds', 'x\n"'],
      [
        ['__name__', 'a_seconds_total', 'b', 'c'],
        1,
        1500,
        [{ labels: ['t', 'x', 'u', 'y'], value: 0.5, timeMs: 2000 }],
      ],
      [['__name__', 'b'], 2, undefined, []],
    ])
  })

  test('a piece of a body needs no end', () => {
    expect(read('a 1\n', { isWhole: false })).toEqual([[['__name__', 'a'], 1, undefined, []]])
    expect(read('# EOF\n', { isWhole: false })).toEqual([])
  })

  test('refuses with the text of the original', () => {
    const f = (body: string, text: string) => {
      expect(() => read(body)).toThrow(ExpositionError)
      expect(() => read(body)).toThrow(text)
    }
    f('a 1\n', 'data does not end with # EOF')
    f('# EOF\na 1\n', 'unexpected data after # EOF')
    f('a  1\n', 'expected value after metric, got "  " ("INVALID") while parsing: "a  "')
    f('a 1 NaN\n', 'invalid timestamp NaN')
    f('a 1 # {x="1"} 1 -Inf\n', 'invalid exemplar timestamp -Inf')
    f('# HELP a\n', 'expected text in HELP')
    f('# UNIT a b\n', 'unit "b" not a suffix of metric "a"')
    f('# TYPE a untyped\n', 'invalid metric type "untyped"')
    f('# HELX\n', 'expected a valid start token, got "# HELX" ("INVALID") while parsing: "# HELX"')
    f('a 1 # {x}\n', 'expected label name, got "}\\n" ("BCLOSE") while parsing: "a 1 # {x}\\n"')
  })
})
