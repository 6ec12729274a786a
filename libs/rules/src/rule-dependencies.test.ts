import { planBatches } from './rule-dependencies.ts'

function plans(queries: Record<string, string>, expected: number[][]): void {
  const rules = Object.entries(queries).map(([key, query]) => {
    const [kind, name] = key.split(':') as ['record' | 'alert', string]
    return { kind: kind === 'record' ? ('recording' as const) : ('alerting' as const), name, query }
  })
  expect(planBatches(rules)).toEqual(expected)
}

test('rules that do not read one another are one batch', () => {
  plans({ 'record:a': 'x', 'record:b': 'rate(y[5m])', 'alert:C': 'z > 1' }, [[0, 1, 2]])
  plans({ 'record:a': 'x' }, [[0]])
  plans({}, [])
})

test('what a rule reads of another comes after it', () => {
  plans({ 'record:a': 'x', 'record:b': 'a', 'record:c': 'b + y', 'record:d': 'y' }, [
    [0, 3],
    [1],
    [2],
  ])
  plans({ 'record:a': 'x', 'alert:B': 'sum(a) > 1', 'alert:C': 'a > 2' }, [[0], [1, 2]])
  plans({ 'alert:A': 'x', 'record:b': 'ALERTS{alertname="A"}' }, [[0], [1]])
})

test('a rule may read itself', () => {
  plans({ 'record:a': 'x or a', 'record:b': 'y' }, [[0, 1]])
})

test('a selector without a fixed name makes everything sequential', () => {
  plans({ 'record:a': 'x', 'record:b': '{job="y"}' }, [[0], [1]])
  plans({ 'record:a': 'x', 'record:b': '{__name__=~"y.*"}' }, [[0], [1]])
})
