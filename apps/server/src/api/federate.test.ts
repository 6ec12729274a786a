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
        `alpha{site="own",zone="z",instance=""} 2.5 ${NOW_MS - 5}`,
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
