import { emptyPanel, readPanels, stepOf, writePanels } from './panel-state.ts'

test('a panel survives its way through the address', () => {
  const panel = {
    ...emptyPanel,
    expr: 'rate(x{a="b c"}[5m]) + 1',
    tab: 'graph' as const,
    endMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    rangeMs: 90 * 60_000,
    resolution: { type: 'custom' as const, stepMs: 1500 },
    displayMode: 'stacked' as const,
    yAxisMin: 0,
  }
  expect(readPanels(writePanels([panel, emptyPanel]))).toEqual([panel, emptyPanel])
})

test('parameters keep the names and the order of the original', () => {
  expect(writePanels([{ ...emptyPanel, expr: 'up' }])).toBe(
    'g0.expr=up&g0.show_tree=0&g0.tab=table&g0.range_input=1h&g0.res_type=auto' +
      '&g0.res_density=medium&g0.display_mode=lines&g0.show_exemplars=0',
  )
})

test('old links are read: numeric tabs, stacked, step_input, moment_input first', () => {
  const [panel] = readPanels(
    '?g0.expr=up&g0.tab=0&g0.stacked=1&g0.step_input=30&g0.range_input=2d' +
      '&g0.end_input=2026-01-01 00:00:00&g0.moment_input=2026-01-02 00:00:00',
  )
  expect(panel).toEqual({
    expr: 'up',
    tab: 'graph',
    displayMode: 'stacked',
    isTreeShown: false,
    areExemplarsShown: false,
    resolution: { type: 'custom', stepMs: 30_000 },
    rangeMs: 2 * 86_400_000,
    endMs: Date.UTC(2026, 0, 2),
    yAxisMin: undefined,
  })
})

test('values that are none become the default', () => {
  expect(
    readPanels('g0.expr=&g0.tab=9&g0.range_input=soon&g0.end_input=x&g0.display_mode=heat'),
  ).toEqual([emptyPanel])
})

test('reading stops at the first hole', () => {
  expect(readPanels('g0.expr=a&g2.expr=c')).toHaveLength(1)
})

test('automatic steps follow the range, at least a second', () => {
  const step = (rangeMs: number) => stepOf({ ...emptyPanel, rangeMs })
  expect(step(3_600_000)).toBe(14_000)
  expect(step(10_000)).toBe(1000)
})
