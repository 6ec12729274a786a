import { Labels } from '@prom/labels'
import {
  type Alert,
  advanceFound,
  advanceMissing,
  needsSending,
  RESOLVED_RETENTION_MS,
  startAlert,
} from './alert-state.ts'

const found = { labels: Labels.from({ a: 'b' }), annotations: Labels.from({}), value: 1 }
const timing = { forMs: 100, keepFiringForMs: 0 }
const firing: Alert = { ...startAlert(found, 0), state: 'firing', firedAtMs: 100 }

function walk(steps: string, { forMs = 100, keepFiringForMs = 0 } = {}): string[] {
  let alert: Alert | undefined
  const states: string[] = []
  // One step is 50 ms; x: the element is there, -: it is not.
  ;[...steps].forEach((step, i) => {
    const atMs = 1000 + i * 50
    const both = { forMs, keepFiringForMs }
    if (step === 'x') alert = advanceFound(alert, { ...found, value: i }, both, atMs)
    else if (alert) alert = advanceMissing(alert, both, atMs)
    states.push(alert ? alert.state : '')
  })
  return states
}

test('an alert waits for `for`, fires, and resolves', () => {
  const f = (steps: string, options: object, ...states: string[]) =>
    expect(walk(steps, options)).toEqual(states)
  f('xxxx', {}, 'pending', 'pending', 'firing', 'firing')
  f('x', { forMs: 0 }, 'firing')
  f('xx-x', {}, 'pending', 'pending', '', 'pending')
  f('xxx-', {}, 'pending', 'pending', 'firing', 'inactive')
  f('xxx-xxx', {}, 'pending', 'pending', 'firing', 'inactive', 'pending', 'pending', 'firing')
})

test('an alert keeps firing for `keep_firing_for` after its element is gone', () => {
  const options = { forMs: 0, keepFiringForMs: 100 }
  expect(walk('x---', options)).toEqual(['firing', 'firing', 'firing', 'inactive'])
  // Found again in between, it starts to count anew.
  expect(walk('x-x---', options)).toEqual([
    'firing',
    'firing',
    'firing',
    'firing',
    'firing',
    'inactive',
  ])
})

test('value and annotations are fresh, labels and start are not', () => {
  const next = advanceFound(
    firing,
    { ...found, value: 7, annotations: Labels.from({ s: 't' }) },
    timing,
    500,
  )
  expect(next).toMatchObject({ state: 'firing', value: 7, activeAtMs: 0, firedAtMs: 100 })
  expect(next.annotations.get('s')).toBe('t')
})

test('a firing alert that is younger than a longer `for` is pending again', () => {
  expect(advanceFound(firing, found, { forMs: 1000, keepFiringForMs: 0 }, 500).state).toBe(
    'pending',
  )
})

test('a resolved alert is kept for a while', () => {
  const resolved = advanceMissing(firing, timing, 1000) as Alert
  expect(resolved.resolvedAtMs).toBe(1000)
  expect(advanceMissing(resolved, timing, 1000 + RESOLVED_RETENTION_MS)).toBe(resolved)
  expect(advanceMissing(resolved, timing, 1001 + RESOLVED_RETENTION_MS)).toBeUndefined()
})

test('an alert is sent when it fires, when it resolves, and again after the delay', () => {
  const f = (alert: Partial<Alert>, atMs: number, expected: boolean) =>
    expect(needsSending({ ...firing, ...alert }, 60_000, atMs)).toBe(expected)
  f({ state: 'pending' }, 1e9, false)
  f({}, 100_000, true)
  f({ lastSentAtMs: 100_000 }, 160_000, false)
  f({ lastSentAtMs: 100_000 }, 160_001, true)
  f({ state: 'inactive', lastSentAtMs: 100_000, resolvedAtMs: 100_001 }, 100_001, true)
  f({ state: 'inactive', lastSentAtMs: 100_002, resolvedAtMs: 100_001 }, 100_003, false)
})
