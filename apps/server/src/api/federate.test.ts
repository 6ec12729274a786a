import { ProtobufParser } from '@prom/exposition'
import type { FloatHistogram } from '@prom/histogram'
import { Registry } from '@prom/metrics'
import { serveRoutes } from '../testing/ask.ts'
import { FakeQueries, fakeClock, fakeRoutes, NOW_MS } from '../testing/fakes.ts'
import { createFederate } from './federate.ts'

test('federation shows the newest samples with external labels, sorted by name', async () => {
  const queries = new FakeQueries()
  const federate = createFederate({
    queries,
    clock: fakeClock,
    metrics: new Registry(),
    lookbackMs: 300_000,
    externalLabels: () =>
      new Map([
        ['zone', 'z'],
        ['site', 'lab'],
      ]),
  })
  const server = await serveRoutes(fakeRoutes({ federate }))
  try {
    const { text, headers } = await server.ask('/federate?match[]=up&match[]=alpha')
    expect(text).toBe(
      [
        '# TYPE alpha untyped',
        `alpha{site="own",instance="",zone="z"} 2.5 ${NOW_MS - 5}`,
        '# TYPE up untyped',
        `up{instance="a:1",job="node",site="lab",zone="z"} 1 ${NOW_MS}`,
        '',
      ].join('\n'),
    )
    expect(headers.get('content-type')).toBe(
      'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
    )
    expect(queries.asked).toEqual([
      { matcherSets: ['up', 'alpha'], atMs: NOW_MS, lookbackMs: 300_000 },
    ])
    expect(await server.ask('/federate')).toMatchObject({ status: 200, text: '' })
    expect(await server.ask('/federate?match[]=up%7B')).toMatchObject({
      status: 400,
      text: '1:4: parse error: unexpected end of input inside braces\n',
    })
  } finally {
    await server.close()
  }
})

test('native histograms are federated in protobuf, a family for each kind of a name', async () => {
  const histogram = (counterResetHint: 'unknown' | 'gauge'): FloatHistogram => ({
    ...{ kind: 'float', counterResetHint, schema: 2, zeroThreshold: 0.001, zeroCount: 1 },
    ...{ count: 3, sum: 1.5, customValues: [], negativeSpans: [], negativeBuckets: [] },
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: [2],
  })
  const queries = new FakeQueries()
  const names = ['h', 'h', 'h', 'a']
  queries.latest = async () => ({
    labels: names.map((name, i) => ['__name__', name, 'i', String(i)]),
    times: new Float64Array(4).fill(NOW_MS),
    values: Float64Array.of(NaN, NaN, 5, 6),
    histograms: new Map([
      [0, histogram('unknown')],
      [1, histogram('gauge')],
    ]),
    warnings: [],
  })
  const federate = createFederate({
    ...{ queries, clock: fakeClock, metrics: new Registry(), lookbackMs: 300_000 },
    externalLabels: () => new Map(),
  })
  const server = await serveRoutes(fakeRoutes({ federate }))
  try {
    const accept =
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
    const { body } = await server.ask('/federate?match[]=x', { headers: { Accept: accept } })
    const options = { takesNative: true, alwaysClassic: false, convertsClassic: false }
    const parser = new ProtobufParser(body, options)
    const found: string[] = []
    for (let entry = parser.next(); entry !== 'end'; entry = parser.next()) {
      if (entry === 'type') found.push(`${parser.familyName} ${parser.text}`)
      if (entry === 'histogram') found.push(`${parser.histogram?.count} ${parser.timeMs}`)
      if (entry === 'series') found.push(String(parser.value))
    }
    const at = `3 ${NOW_MS}`
    expect(found).toEqual([
      'a unknown',
      '6',
      'h histogram',
      at,
      'h gaugehistogram',
      at,
      'h unknown',
      '5',
    ])
    const { text } = await server.ask('/federate?match[]=x')
    expect(text).toMatch(/^# TYPE a untyped\na\S+ 6 \d+\n# TYPE h untyped\nh\S+ 5 \d+\n$/)
  } finally {
    await server.close()
  }
})
