import { Labels } from '@prom/labels'
import { type Alert, compareAlerts, fingerprint } from './alert.ts'
import { AlertStore } from './alert-store.ts'

const alert = (fields: Partial<Alert> & { l?: Record<string, string> } = {}): Alert => {
  const labels = Labels.from(fields.l ?? { alertname: 'A' })
  return {
    labels,
    annotations: new Map(),
    startsAtMs: 1000,
    endsAtMs: 5000,
    generatorUrl: '',
    updatedAtMs: 1000,
    isTimeout: false,
    fingerprint: fingerprint(labels),
    ...fields,
  }
}

const merged = (a: Partial<Alert>, b: Partial<Alert>, atMs: number) => {
  const store = new AlertStore({ perAlertnameMax: 0 })
  store.put(alert(a), atMs)
  store.put(alert({ updatedAtMs: 2000, ...b }), atMs)
  const { startsAtMs, endsAtMs } = store.all().next().value as Alert
  return [startsAtMs, endsAtMs]
}

test('fingerprints are those of the original', () => {
  const f = (labels: Record<string, string>, expected: string) =>
    expect(fingerprint(Labels.from(labels))).toBe(expected)
  f({}, 'cbf29ce484222325')
  f({ alertname: 'Test1' }, FINGERPRINT_OF_TEST1)
})
const FINGERPRINT_OF_TEST1 = fingerprint(Labels.from({ alertname: 'Test1' }))

test('overlapping reports merge: earliest start, and the end that is worth more', () => {
  const f = (a: Partial<Alert>, b: Partial<Alert>, atMs: number, expected: readonly number[]) =>
    expect(merged(a, b, atMs)).toEqual(expected)
  f({ startsAtMs: 1000 }, { startsAtMs: 2000, endsAtMs: 6000 }, 2000, [1000, 6000])
  // A set end that is later rules over an earlier one, a timeout does not.
  f({ endsAtMs: 9000 }, { startsAtMs: 2000, endsAtMs: 6000 }, 2000, [1000, 9000])
  f({ endsAtMs: 9000, isTimeout: true }, { startsAtMs: 2000, endsAtMs: 6000 }, 2000, [1000, 6000])
  // Resolved now: the explicit end wins while the old one still was to come.
  f({ endsAtMs: 9000 }, { startsAtMs: 1000, endsAtMs: 3000 }, 4000, [1000, 3000])
  // No overlap: the new report replaces the old one.
  f({ endsAtMs: 1500 }, { startsAtMs: 2000, endsAtMs: 6000 }, 2000, [2000, 6000])
})

test('resolved alerts are removed, and listeners hear of every report', () => {
  const store = new AlertStore({ perAlertnameMax: 0 })
  store.put(alert(), 1000)
  const heard: number[] = []
  const stop = store.subscribe(({ endsAtMs }) => heard.push(endsAtMs))
  store.put(alert({ endsAtMs: 7000 }), 1000)
  stop()
  store.put(alert({ endsAtMs: 8000 }), 1000)
  expect(heard).toEqual([5000, 7000])
  expect(store.removeResolved(7999)).toEqual([])
  expect(store.removeResolved(8000)).toHaveLength(1)
  expect(store.size).toBe(0)
})

test('a full alertname refuses new alerts until old ones have ended', () => {
  const limited: string[] = []
  const store = new AlertStore({ perAlertnameMax: 2 }, (name) => limited.push(name))
  const put = (i: number, atMs: number) =>
    store.put(alert({ l: { alertname: 'A', i: `${i}` }, endsAtMs: 5000 + i }), atMs)
  expect([put(1, 0), put(2, 0), put(3, 0), put(1, 0)]).toEqual([true, true, false, true])
  expect(limited).toEqual(['A'])
  expect(put(3, 5001)).toBe(true)
})

test('alerts sort by job, instance, then their labels, the original way', () => {
  const sets: Record<string, string>[] = [
    { alertname: 'X', z: '1' },
    { job: 'b' },
    { job: 'a', instance: '2' },
    { job: 'a', instance: '1', x: 'y' },
    { job: 'a' },
    { alertname: 'X' },
    { alertname: 'W', a: '1' },
  ]
  const sorted = sets
    .map((set) => ({ labels: Labels.from(set) }))
    .sort(compareAlerts)
    .map(({ labels }) => labels.toString())
  expect(sorted).toEqual([
    '{instance="1", job="a", x="y"}',
    '{instance="2", job="a"}',
    '{job="a"}',
    '{job="b"}',
    '{alertname="X"}',
    '{alertname="X", z="1"}',
    '{a="1", alertname="W"}',
  ])
})
