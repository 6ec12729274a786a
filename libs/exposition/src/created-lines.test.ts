import { CreatedLinesParser } from './created-lines.ts'

/** The samples as `name{labels} value start`, in order. */
function samples(text: string): string[] {
  const parser = new CreatedLinesParser(Buffer.from(text))
  const found: string[] = []
  for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
    if (entry !== 'series') continue
    const [, name, ...labels] = parser.labels()
    found.push(`${name}{${labels.join()}} ${parser.value} ${parser.startTimeMs ?? '-'}`)
  }
  return found
}

const f = (text: string, expected: readonly string[]) =>
  expect(samples(`${text}# EOF\n`)).toEqual(expected)

test('a created line is the start of the series with its labels, wherever in the family it stands', () => {
  f('# TYPE c counter\nc_total 1\nc_created 1.5\n', ['c_total{} 1 1500'])
  f('# TYPE c counter\nc_created 1.5\nc_total 1\n', ['c_total{} 1 1500'])
  f('# TYPE c counter\nc_total{a="1"} 1\nc_total{a="2"} 2\nc_created{a="2"} 3\n', [
    'c_total{a,1} 1 -',
    'c_total{a,2} 2 3000',
  ])
})

test('buckets and quantiles share the start of their histogram or summary', () => {
  f('# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 1\nh_sum 1\nh_created 2\n', [
    'h_bucket{le,+Inf} 1 2000',
    'h_count{} 1 2000',
    'h_sum{} 1 2000',
  ])
  f('# TYPE s summary\ns{quantile="0.5"} 1\ns_created 2\n', ['s{quantile,0.5} 1 2000'])
})

test('a gauge of that name stays a sample, and families do not share starts', () => {
  f('# TYPE g gauge\ng_created 2\ng 1\n', ['g_created{} 2 -', 'g{} 1 -'])
  f('# TYPE a counter\na_created 2\n# TYPE b counter\nb_total 1\n', ['b_total{} 1 -'])
})

test('an error is that of the body, in its place', () => {
  expect(() => samples('# TYPE c counter\nc_total 1\nc_created x\n# EOF\n')).toThrow(/parsing "x"/)
})
