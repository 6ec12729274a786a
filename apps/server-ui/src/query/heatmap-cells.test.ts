import { cellsOf } from './heatmap-cells.ts'

const steps = { start: 0, end: 20, step: 10 }

test('classic buckets become differences, summed over series', () => {
  const series = (le: string, ...values: [number, string][]) => ({
    metric: { __name__: 'b', le, job: 'a' },
    values,
  })
  const cells = cellsOf(
    [
      series('+Inf', [0, '10'], [20, '4']),
      series('1', [0, '4'], [20, '4']),
      series('0.5', [0, '1'], [20, '0']),
      { metric: { le: '1', job: 'b' }, values: [[0, '2']] },
    ],
    steps,
  )
  expect(cells).toEqual({
    bounds: [0.5, 1, Number.POSITIVE_INFINITY],
    counts: [[1, 5, 6], undefined, [0, 4, 0]],
    max: 6,
  })
})

test('native histograms are cells as they are', () => {
  const buckets: [number, string, string, string][] = [
    [0, '1', '2', '3'],
    [0, '2', '4', '5'],
  ]
  const row = { metric: {}, histograms: [[10, { count: '8', sum: '20', buckets }]] as never }
  expect(cellsOf([row], steps)).toEqual({
    bounds: [2, 4],
    counts: [undefined, [3, 5], undefined],
    max: 5,
  })
})

test('a result without histograms has none', () => {
  expect(cellsOf([{ metric: { a: 'b' }, values: [[0, '1']] }], steps)).toBeUndefined()
})
