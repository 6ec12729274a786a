import { parseFamilies } from './family-parser.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

const parse = (text: string | Buffer, nameValidation: 'utf8' | 'legacy' = 'utf8') =>
  parseFamilies(Buffer.from(text as string), { nameValidation })

describe('parseFamilies', () => {
  test('reads types, help, labels and times', () => {
    expect(
      parse(
        '# HELP a some \\\\ help\\n\n# TYPE a counter\na{z="1",b="x\\"\\\\\\n"} 1 77\na 2\n\n# other\n  b NaN\n# TYPE c gauge\n',
      ),
    ).toEqual([
      {
        name: 'a',
        help: 'some \\ help\n',
        type: 'counter',
        points: [
          { labels: ['b', 'x"\\\n', 'z', '1'], value: 1, timeMs: 77 },
          { labels: [], value: 2 },
        ],
      },
      { name: 'b', help: undefined, type: 'untyped', points: [{ labels: [], value: Number.NaN }] },
    ])
  })

  test('gathers the lines of histograms and summaries into one point each', () => {
    expect(
      parse(
        '# TYPE h histogram\nh_bucket{a="1",le="0.5"} 1\nh_bucket{a="1",le="+Inf"} 3\nh_sum{a="1"} 4.5\nh_count{a="1"} 3\nh_bucket{a="2",le="+Inf"} 7\n' +
          '# TYPE s summary\ns{quantile="0.5"} 2\ns_sum 10\ns_count 4\n',
      ),
    ).toEqual([
      {
        name: 'h',
        help: undefined,
        type: 'histogram',
        points: [
          {
            labels: ['a', '1'],
            value: {
              count: 3,
              sum: 4.5,
              buckets: [
                { le: 0.5, count: 1 },
                { le: Infinity, count: 3 },
              ],
            },
          },
          {
            labels: ['a', '2'],
            value: { count: 0, sum: 0, buckets: [{ le: Infinity, count: 7 }] },
          },
        ],
      },
      {
        name: 's',
        help: undefined,
        type: 'summary',
        points: [
          { labels: [], value: { count: 4, sum: 10, quantiles: [{ quantile: 0.5, value: 2 }] } },
        ],
      },
    ])
  })

  test('one count of a histogram that is no whole number makes all of them floats', () => {
    const f = (lines: string, expected: object) => {
      const [family] = parseFamilies(Buffer.from(`# TYPE h histogram\n${lines}`))
      expect(family?.points[0]?.value).toEqual({ sum: 0, ...expected })
    }
    f('h_bucket{le="1"} 1\nh_count 2\n', { count: 2, buckets: [{ le: 1, count: 1 }] })
    f('h_bucket{le="1"} 1.5\nh_count 2\n', {
      count: 2,
      isFloat: true,
      buckets: [{ le: 1, count: 1.5 }],
    })
    f('h_count NaN\n', { count: Number.NaN, isFloat: true, buckets: [] })
    f('h_count 1e20\n', { count: 1e20, isFloat: true, buckets: [] })
    f('h{le="1"} 1\nh_bucket{le="NaN"} 3\n', { count: 0, buckets: [{ le: 1, count: 1 }] })
    const summary = (text: string) =>
      parseFamilies(Buffer.from(`# TYPE s summary\ns_count ${text}\n`))[0]?.points[0]?.value
    expect(summary('1.9')).toMatchObject({ count: 1 })
    expect(summary('NaN')).toMatchObject({ count: 2 ** 63 })
    expect(summary('-1')).toMatchObject({ count: 2 ** 64 })
  })

  test('a gauge histogram is a type of its own', () => {
    for (const type of ['gaugehistogram', 'Gauge_Histogram']) {
      const text = `# HELP h A \\"b\\".\n# TYPE h ${type}\nh_bucket{le="1"} 1\nh_count 2\nh_sum 3\n`
      expect(parseFamilies(Buffer.from(text))).toEqual([
        {
          name: 'h',
          help: 'A "b".',
          type: 'gauge_histogram',
          points: [{ labels: [], value: { count: 2, sum: 3, buckets: [{ le: 1, count: 1 }] } }],
        },
      ])
    }
    const f = (line: string, error: string) => {
      const text = `# TYPE h histogram\n${line}\n`
      expect(() => parseFamilies(Buffer.from(text))).toThrow(
        `text format parsing error in line 2: ${error} for histogram "h"`,
      )
    }
    f('h_count -1', 'negative count')
    f('h_bucket{le="1"} -0.5', 'negative bucket population')
  })

  test('accepts what the original accepts', () => {
    const f = (text: string, names: string[]) =>
      expect(parse(text).map((family) => family.name)).toEqual(names)
    f('', [])
    f('"a" 1\n', ['a'])
    f('{"a.b",c="d"} 1\n', ['a.b'])
    f('{"a",} 1\n', ['a'])
    f('# TYPE\n# TYPE a\n#\n', [])
    f('a{ } 1\na{b="c",} 1\na{b="c"}1\n', ['a'])
    f('# TYPE a COUNTER\na 1\n', ['a'])
    f('# HELP a\n# HELP a x\na 1\n', ['a'])
    f('# TYPE h histogram\nh 5\nh_bucket 1\n', ['h'])
  })

  test('names line and reason as the original does', () => {
    const f = (text: string | Buffer, line: number, reason: string) =>
      expect(() => parse(text, 'legacy')).toThrow(
        `text format parsing error in line ${line}: ${reason}`,
      )
    f('a 1', 1, 'unexpected end of input stream')
    f('a 1\r\n', 1, 'expected float as value, got "1\\r"')
    f(
      'a 1\n# TYPE a counter\n',
      2,
      'second TYPE line for metric name "a", or TYPE reported after samples',
    )
    f('# HELP a x\n# HELP a y\na 1\n', 2, 'second HELP line for metric name "a"')
    f('# TYPE a foo\n', 1, 'unknown metric type "foo"')
    f('#TYPE a foo\n', 1, 'unknown metric type "foo"')
    f('# TYPE 1a counter\na 1\n', 1, 'invalid metric name in comment')
    f('# TYPE "a b" counter\n', 1, 'invalid metric name "a b"')
    f('a{b="c} 1\n', 1, 'label value "c} 1" contains unescaped new-line')
    f('a{b} 1\n', 1, `expected '=' after label name, found '}'`)
    f('a{"b"} 1\n', 1, `expected '=' after label name, found '}'`)
    f('a{b=c} 1\n', 1, `expected '"' at start of label value, found 'c'`)
    f('a{b="c"d="e"} 1\n', 1, 'unexpected end of label value "c"')
    f('a{b="c",b="d"} 1\n', 1, 'duplicate label names for metric "a"')
    f('a{__name__="c"} 1\n', 1, 'label name "__name__" is reserved')
    f('a{1b="x"} 1\n', 1, 'invalid label name for metric "a"')
    f('a{,} 1\n', 1, 'invalid label name for metric "a"')
    f('a{\n', 1, 'invalid label name for metric "a"')
    f('a{"b c"="x"} 1\n', 1, 'invalid label name "b c"')
    f('{"a b"="x"} 1\n', 1, 'invalid label name "a b"')
    f('{c="d"} 1\n', 1, 'invalid metric name')
    f('{"a.b"} 1\n', 1, 'invalid metric name "a.b"')
    f('{"a","b"} 1\n', 1, 'multiple metric names for metric "a"')
    f('{"a"  1\n', 1, `unexpected end of metric name '1'`)
    f('{"a"\n', 1, `unexpected end of metric name '\\n'`)
    f('{"a" "b"} 1\n', 1, `unexpected end of metric name '"'`)
    f('{""} 1\n', 1, 'invalid label name for metric ""')
    f('{', 1, 'unexpected end of input stream')
    f('1a 1\n', 1, 'invalid metric name')
    f(bytes('\xff 1'), 1, 'invalid metric name')
    f(bytes('a{b="x\xff"} 1\n'), 1, 'invalid label value "x\\xff"')
    f(
      '# TYPE s summary\ns{quantile="x"} 1\n',
      2,
      `expected float as value for 'quantile' label, got "x"`,
    )
    f(
      '# TYPE s histogram\ns_bucket{le="x"} 1\n',
      2,
      `expected float as value for 'le' label, got "x"`,
    )
    f('a 1 2 3\n', 1, 'spurious string after timestamp: " 3"')
    f('a 1 1.5\n', 1, 'expected integer as timestamp, got "1.5"')
    f('a\n', 1, 'expected float as value, got ""')
    f('a 0x1\n', 1, 'expected float as value, got "0x1"')
    f('a{b="\\x"} 1\n', 1, `invalid escape sequence '\\x'`)
  })
})
