import { combineFamilies, type MetricFamily } from './index.ts'

const gauge = (name: string, help: string, ...points: [string[], number][]): MetricFamily => ({
  name,
  help,
  type: 'gauge',
  points: points.map(([labels, value]) => ({ labels, value })),
})

test('families are sorted by name and samples by number of labels, then values', () => {
  const { families, errors } = combineFamilies([
    [gauge('b', 'B.', [['x', '2'], 1], [['x', '10'], 2], [[], 3])],
    [gauge('a', 'A.', [[], 4]), gauge('b', 'B.', [['x', '1'], 5])],
  ])
  expect(errors).toEqual([])
  expect(families.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(families[1]?.points.map(({ value }) => value)).toEqual([3, 5, 2, 1])
})

test('the same labels twice: the first is kept, the second told in the words of the original', () => {
  const { families, errors } = combineFamilies([
    [gauge('x', 'X.', [['a', 'b'], 1])],
    [gauge('x', 'X.', [['a', 'b'], 2])],
  ])
  expect(families[0]?.points).toEqual([{ labels: ['a', 'b'], value: 1 }])
  expect(errors).toEqual([
    'collected metric "x" { label:{name:"a" value:"b"} gauge:{value:2}} was collected before with the same name and label values',
  ])
})

test('another help or type under one name is left out and told', () => {
  const { families, errors } = combineFamilies([
    [gauge('x', 'X.', [[], 1])],
    [gauge('x', 'Y.', [['a', 'b'], 2])],
    [{ ...gauge('x', 'X.', [['a', 'c'], 3]), type: 'counter' }],
  ])
  expect(families[0]?.points).toHaveLength(1)
  expect(errors).toEqual([
    'collected metric x { label:{name:"a" value:"b"} gauge:{value:2}} has help "Y." but should have "X."',
    'collected metric x { label:{name:"a" value:"c"} counter:{value:3}} should be a Gauge',
  ])
})

test('the lists given are not changed', () => {
  const list = [gauge('x', 'X.', [['a', '2'], 1], [['a', '1'], 2])]
  combineFamilies([list, [gauge('x', 'X.', [['a', '0'], 3])]])
  expect(list[0]?.points.map(({ value }) => value)).toEqual([1, 2])
})
