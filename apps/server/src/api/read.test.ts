import { compressSnappy } from '@prom/compress'
import { Registry } from '@prom/metrics'
import { MessageWriter } from '@prom/protobuf'
import { serveRoutes } from '../testing/ask.ts'
import { FakeQueries, fakeRoutes } from '../testing/fakes.ts'
import { createRead } from './read.ts'

const request = (acceptedTypes: readonly number[]) =>
  new MessageWriter()
    .message(1, (query) =>
      query
        .varint(1, 1000)
        .varint(2, 2000)
        .message(3, (matcher) => matcher.string(2, '__name__').string(3, 'up'))
        .message(3, (matcher) => matcher.varint(1, 2).string(2, 'job').string(3, 'a.*'))
        .message(4, (hints) => hints.varint(1, 5)),
    )
    .packedUint64(2, acceptedTypes.map(BigInt))
    .finish()

test('a remote read is decoded, limited and answered in the samples form', async () => {
  const queries = new FakeQueries()
  const external = new Map([['site', 'lab']])
  const read = createRead({
    ...{ queries, samplesMax: 7, frameBytesMax: 9, concurrencyMax: 1, metrics: new Registry() },
    externalLabels: () => external,
  })
  const server = await serveRoutes(fakeRoutes({ read }))
  const ask = (body: Uint8Array) =>
    server.ask('/api/v1/read', { method: 'POST', body: body as unknown as string })
  try {
    const answer = await ask(compressSnappy(request([0, 1])))
    expect(answer).toMatchObject({ status: 200, text: 'packed' })
    expect(answer.headers.get('content-type')).toBe('application/x-protobuf')
    expect(answer.headers.get('content-encoding')).toBe('snappy')
    expect(queries.asked).toEqual([
      {
        queries: [
          {
            mint: 1000,
            maxt: 2000,
            matchers: [
              { type: '=', name: '__name__', value: 'up' },
              { type: '=~', name: 'job', value: 'a.*' },
            ],
          },
        ],
        externalLabels: external,
        samplesMax: 7,
      },
    ])
    const streamed = await ask(compressSnappy(request([7, 1, 0])))
    expect(streamed.headers.get('content-type')).toBe(
      'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse',
    )
    expect(streamed.headers.get('content-encoding')).toBeNull()
    expect(queries.asked.at(-1)).toMatchObject({ frameBytesMax: 9 })
    expect(await ask(compressSnappy(request([7])))).toMatchObject({
      status: 400,
      text: 'server does not support any of the requested response types: [7]; supported: map[SAMPLES:{} STREAMED_XOR_CHUNKS:{}]\n',
    })
    expect((await ask(Uint8Array.of(255, 255, 255))).status).toBe(400)
    expect((await ask(compressSnappy(Uint8Array.of(10, 200)))).status).toBe(400)
  } finally {
    await server.close()
  }
})

test('reads over the limit wait for their turn', async () => {
  const metrics = new Registry()
  const finish: (() => void)[] = []
  const queries = {
    remoteRead: () =>
      new Promise<{ data: Uint8Array[]; warnings: []; infos: [] }>((resolve) => {
        finish.push(() => resolve({ data: [Buffer.from('x')], warnings: [], infos: [] }))
      }),
  }
  const read = createRead({
    ...{ queries, samplesMax: 0, frameBytesMax: 9, concurrencyMax: 1, metrics },
    externalLabels: () => new Map(),
  })
  const server = await serveRoutes(fakeRoutes({ read }))
  const body = compressSnappy(request([])) as unknown as string
  const answers = [1, 2, 3].map(() => server.ask('/api/v1/read', { method: 'POST', body }))
  const waiting = () => metrics.gather()[0]?.points[0]?.value
  try {
    for (let i = 0; i < 100 && waiting() !== 3; i++) await server.ask('/-/healthy')
    expect([waiting(), finish.length]).toEqual([3, 1])
    for (let done = 0; done < 3; done++) {
      for (let i = 0; i < 100 && finish.length <= done; i++) await server.ask('/-/healthy')
      finish[done]?.()
    }
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(['x', 'x', 'x'])
    expect(waiting()).toBe(0)
  } finally {
    await server.close()
  }
})
