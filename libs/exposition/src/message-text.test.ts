import { MessageWriter } from '@prom/protobuf'
import { encodeFamilies, exposeFamilies, negotiateFormat, printMessageText } from './index.ts'

const page = encodeFamilies([
  {
    name: 'up.total',
    help: 'A "quoted"\nline \\ \u0001\u0085ü.',
    type: 'gauge',
    points: [
      { labels: ['a', 'b'], value: 1e21 },
      { labels: [], value: -0, timeMs: 5 },
    ],
  },
  {
    name: 'h',
    help: undefined,
    type: 'histogram',
    points: [{ labels: [], value: { count: 2, sum: Infinity, buckets: [{ le: 1e-7, count: 1 }] } }],
  },
])

test('a page has a field per line, indented', () => {
  expect([...printMessageText(page, 'text')].join('')).toBe(`name:  "up.total"
help:  "A \\"quoted\\"\\nline \\\\ \\x01\\u0085ü."
type:  GAUGE
metric:  {
  label:  {
    name:  "a"
    value:  "b"
  }
  gauge:  {
    value:  1e+21
  }
}
metric:  {
  gauge:  {
    value:  -0
  }
  timestamp_ms:  5
}

name:  "h"
type:  HISTOGRAM
metric:  {
  histogram:  {
    sample_count:  2
    sample_sum:  inf
    bucket:  {
      cumulative_count:  1
      upper_bound:  1e-7
    }
  }
}

`)
})

test('a compact page has a family per line', () => {
  expect([...printMessageText(page, 'compact-text')].join('').split('\n')[1]).toBe(
    'name:"h"  type:HISTOGRAM  metric:{histogram:{sample_count:2  sample_sum:inf  ' +
      'bucket:{cumulative_count:1  upper_bound:1e-7}}}',
  )
})

test('packed numbers are read, unknown fields are left out', () => {
  const histogram = new MessageWriter().raw(new Uint8Array([0x6a, 2, 1, 2])) // 13: -1, 1
  const metric = new MessageWriter()
    .present(7, histogram.finish())
    .present(99, new Uint8Array([1]))
    .finish()
  const family = new MessageWriter().present(4, metric).finish()
  const bytes = new MessageWriter().delimited(family).finish()
  expect([...printMessageText(bytes, 'compact-text')].join('')).toBe(
    'metric:{histogram:{positive_delta:-1  positive_delta:1}}\n',
  )
})

test.each([
  ['text', 'encoding=text; escaping=underscores', 'name:  "a_b"\n'],
  ['compact-text', 'encoding=compact-text; escaping=underscores', 'name:"a_b"  '],
  ['compact-text;escaping=allow-utf-8', 'escaping=allow-utf-8', 'name:"a.b"  '],
  ['delimited', 'encoding=delimited; escaping=underscores', '\u0014\n\u0003a_b'],
])('a reader of %s gets it, with the names it can take', (encoding, contentType, begin) => {
  const accept = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=${encoding}`
  const format = negotiateFormat(accept, ['text', 'protobuf'])
  expect(format.contentType).toContain(contentType)
  const body = exposeFamilies(
    [{ name: 'a.b', help: undefined, type: 'gauge', points: [{ labels: [], value: 0 }] }],
    format,
  )
  expect(Buffer.from(body).toString().slice(0, begin.length)).toBe(begin)
})
