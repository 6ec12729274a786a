import { decodeAlerts } from './alert-decode.ts'
import { AlertScanner, ScannedAlerts } from './alert-scan.ts'

const isLabelName = (name: string) => name !== '' && name !== 'bad'
const scanner = () => new AlertScanner(isLabelName)

/** What a post comes to, without what only speeds it up. */
const plain = (alerts: ReturnType<typeof decodeAlerts>) =>
  alerts.map(({ pairs, annotations, startsAtMs, endsAtMs, generatorUrl }) => ({
    pairs,
    annotations: [...annotations],
    startsAtMs,
    endsAtMs,
    generatorUrl,
  }))

const USUAL = [
  '[{"labels":{"a":"1"}}]',
  '[{"labels": {"a" : "1" , "B":"2"}, "annotations": {"x": "} ] { \\" \\\\"}},\n {"labels":{"b":"ü\\u00e9"}}]',
  '[{"labels":{"a":"1"},"startsAt":"2026-01-02T03:04:05.678Z","endsAt":"2026-01-02T04:04:05+01:00"}]',
  '[{"labels":{"a":"1"},"generatorURL":"http://p/graph?g0.expr=up&g0.tab=1"}]',
  '[{"labels":{"a":"1","a":"2"},"annotations":{}}]',
  '[{"labels":{"a":"1"},"annotations":{"empty":""}}]',
  ' [ { "labels" : { "__proto__" : "x", "1": "y" } } ] \n',
  '[{"labels":{"a":"ends with a backslash \\\\"},"annotations":{"b":"c"}}]',
]

test('reads what clients usually post exactly as the complete decoder does, also for the second time', () => {
  const scan = scanner()
  for (const text of [...USUAL, ...USUAL]) {
    const found = scan.scan(text)
    expect(found).toBeInstanceOf(ScannedAlerts)
    expect(plain(found?.alerts as never)).toEqual(plain(decodeAlerts(JSON.parse(text))))
  }
})

test('leaves everything else to the complete decoder', () => {
  const unusual = [
    '',
    '[]',
    'null',
    '{}',
    '[{}]',
    '[{"labels":{}}]',
    '[{"labels":{"a":""}}]',
    '[{"labels":{"bad":"1"}}]',
    '[{"labels":{"a":"1"},"annotations":{"bad":"1"}}]',
    '[{"labels":{"a":null}}]',
    '[{"labels":{"a":1}}]',
    '[{"labels":{"a":["1"]}}]',
    '[{"labels":{"a":"1",}}]',
    '[{"labels":{"a":"1\n"}}]',
    '[{"labels":{"a":"1"},"annotations":null}]',
    '[{"labels":{"a":"1"},"labels":{"a":"2"}}]',
    '[{"labels":{"a":"1"},"more":"2"}]',
    '[{"labels":{"a":"1"},"startsAt":"0001-01-01T00:00:00Z"}]',
    '[{"labels":{"a":"1"},"startsAt":"yesterday"}]',
    '[{"labels":{"a":"1"},"endsAt":null}]',
    '[{"labels":{"a":"1"},"generatorURL":"no address"}]',
    '[{"labels":{"a":"1"},"generatorURL":"/x\\u0026"}]',
    '[{"labels":{"a":"1"}}] x',
    '[{"labels":{"a":"1"}}',
    '[{"labels":{"a":"1"}},]',
    '[{"labels":{"a":"1"}',
    '[{"labels":{"a":"1',
    '[{"labels":{"a":"1\\"}}]',
  ]
  for (const text of unusual) expect([text, scanner().scan(text)]).toEqual([text, undefined])
})

test('any beginning of a usual body, and any body with a byte changed, is read alike or left alone', () => {
  const scan = scanner()
  const body = USUAL[1] as string
  const texts = Array.from(body, (_, i) => body.slice(0, i))
  for (const other of '"{}[],:\\x') {
    for (let i = 0; i < body.length; i++) texts.push(body.slice(0, i) + other + body.slice(i + 1))
  }
  let read = 0
  for (const text of texts) {
    const found = scan.scan(text)
    if (!found) continue
    read++
    expect([text, plain([...found.alerts])]).toEqual([text, plain(decodeAlerts(JSON.parse(text)))])
  }
  expect(read).toBeGreaterThan(20)
})

test('one label set stays one object, until more than it may remember has been posted since', () => {
  const scan = new AlertScanner(isLabelName, 1000)
  const labelsOf = (text: string) => scan.scan(text)?.alerts[0]?.identity?.labels
  const first = labelsOf('[{"labels":{"a":"1"}}]')
  expect(labelsOf('[{"annotations":{"new":"text"},"labels":{"a":"1"}}]')).toBe(first)
  for (let i = 0; i < 200; i++) labelsOf(`[{"labels":{"i":"${i}"}}]`)
  expect(labelsOf('[{"labels":{"a":"1"}}]')).not.toBe(first)
})

test('new annotations and addresses of a known label set are taken', () => {
  const scan = scanner()
  const f = (text: string) => scan.scan(text)?.alerts[0]
  expect(f('[{"labels":{"a":"1"},"annotations":{"x":"1"},"generatorURL":"/g"}]')).toMatchObject({
    annotations: new Map([['x', '1']]),
    generatorUrl: '/g',
  })
  expect(f('[{"labels":{"a":"1"},"annotations":{"x":"2"}}]')).toMatchObject({
    annotations: new Map([['x', '2']]),
    generatorUrl: '',
  })
  expect(f('[{"labels":{"a":"1"}}]')?.annotations).toEqual(new Map())
})
