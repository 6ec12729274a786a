import { Labels } from '@prom/labels'
import { type Alert, fingerprint } from './alert.ts'
import { Inhibitor } from './inhibitor.ts'
import { MatcherParser } from './matchers/matcher-parser.ts'

const parser = new MatcherParser('fallback')
const rule = (source: string, target: string, equal: string[] = []) => ({
  name: '',
  sourceMatchers: parser.parseList(source, 'test'),
  targetMatchers: parser.parseList(target, 'test'),
  equal,
})

const alert = (text: Record<string, string>, endsAtMs = 5000): Alert => {
  const labels = Labels.from(text)
  return {
    labels,
    annotations: new Map(),
    startsAtMs: 0,
    endsAtMs,
    generatorUrl: '',
    updatedAtMs: 0,
    isTimeout: false,
    fingerprint: fingerprint(labels),
  }
}

test('a firing source mutes its targets with equal labels, and only while it fires', () => {
  const inhibitor = new Inhibitor([rule('s="1"', 't="1"', ['e'])])
  const source = alert({ s: '1', e: 'x' })
  inhibitor.put(source)
  const by = (labels: Record<string, string>, atMs = 1000) =>
    inhibitor.inhibitedBy(Labels.from(labels), atMs)?.source
  expect(by({ t: '1', e: 'x' })).toBe(source.fingerprint)
  expect(by({ t: '1', e: 'y' })).toBeUndefined()
  expect(by({ t: '1' })).toBeUndefined()
  expect(by({ t: '2', e: 'x' })).toBeUndefined()
  expect(by({ t: '1', e: 'x' }, 5000)).toBeUndefined()
  inhibitor.collectGarbage(5000)
  expect(by({ t: '1', e: 'x' }, 1000)).toBeUndefined()
})

test('a missing label equals a missing label', () => {
  const inhibitor = new Inhibitor([rule('s="1"', 't="1"', ['e'])])
  inhibitor.put(alert({ s: '1' }))
  expect(inhibitor.inhibitedBy(Labels.from({ t: '1' }), 0)).toBeDefined()
})

test('alerts on both sides do not mute each other, but a pure source mutes them', () => {
  const inhibitor = new Inhibitor([rule('s="1"', 't="1"')])
  inhibitor.put(alert({ s: '1', t: '1', i: '1' }))
  const both = Labels.from({ s: '1', t: '1', i: '2' })
  expect(inhibitor.inhibitedBy(both, 0)).toBeUndefined()
  expect(inhibitor.inhibitedBy(Labels.from({ t: '1' }), 0)).toBeDefined()
  const pure = alert({ s: '1' }, 100)
  inhibitor.put(pure)
  expect(inhibitor.inhibitedBy(both, 0)?.source).toBe(pure.fingerprint)
})
