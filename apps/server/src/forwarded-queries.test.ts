import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHttpClient } from '@prom/http'
import type { QueryError } from '@prom/query'
import { createClock } from '@prom/runtime/node'
import { forwardQueries } from './forwarded-queries.ts'
import type { RunningQueries } from './threads.ts'

let server: Server
let asked: string[]
let answer: { status: number; text: string }
let queries: RunningQueries
const local = { latest: async () => 'from here' } as unknown as RunningQueries

beforeEach(async () => {
  asked = []
  answer = { status: 200, text: '{"status":"success","data":[]}' }
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${body}`)
      response.writeHead(answer.status).end(answer.text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/select/0/prometheus`
  const client = createHttpClient(undefined, { clock: createClock() })
  queries = forwardQueries(local, { url, client, timeoutMs: 1000 })
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const vector = (...rows: string[]) => ({
  status: 200,
  text: `{"status":"success","data":{"resultType":"vector","result":[${rows}]},"warnings":["w"]}`,
})

test('a query goes out as it was asked and its data comes back as it is', async () => {
  answer = vector('{"metric":{"a":"b"},"value":[1.5,"2"]}')
  const got = await queries.range(
    'up{a="b"}',
    { startMs: 1500, endMs: 2500, stepMs: 1000 },
    { limit: 3, stats: 'all' },
  )
  expect(asked).toEqual([
    'POST /select/0/prometheus/api/v1/query_range query=up%7Ba%3D%22b%22%7D&start=1.5&end=2.5&step=1&limit=3&stats=all',
  ])
  expect(Buffer.concat(got.data).toString()).toBe(
    '{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1.5,"2"]}]}',
  )
  expect(got.warnings).toEqual(['w'])
})

test('a rule gets rows with sorted labels', async () => {
  answer = vector(
    '{"metric":{"z":"1","a":"b"},"value":[1,"+Inf"]}',
    '{"metric":{},"value":[1,"NaN"]}',
  )
  const got = await queries.vector('x', 1000)
  expect(got.labels).toEqual([['a', 'b', 'z', '1'], []])
  expect([...got.values]).toEqual([Infinity, NaN])
  answer.text = '{"status":"success","data":{"resultType":"scalar","result":[1,"3"]}}'
  expect((await queries.vector('scalar(x)', 1000)).isScalar).toBe(true)
})

test('what went wrong there is an error here, of a fitting kind', async () => {
  const f = async (status: number, text: string, errorType: string, error: RegExp) => {
    answer = { status, text }
    const err = await queries.instant('x', 0).catch((err: unknown) => err as QueryError)
    expect((err as QueryError).errorType).toBe(errorType)
    expect((err as QueryError).message).toMatch(error)
  }
  await f(400, '{"status":"error","errorType":"bad_data","error":"parse"}', 'bad_data', /^parse$/)
  await f(422, '{"status":"error","errorType":"422","error":"too many"}', 'execution', /too many/)
  await f(502, '<html>', 'unavailable', /HTTP status 502: <html>/)
  await f(200, '[]', 'unavailable', /no such answer/)
  answer = vector('{"metric":{},"histogram":[1,{}]}')
  await expect(queries.vector('h', 0)).rejects.toThrow('a row without a float value')
  answer.text = '{"status":"success","data":{"resultType":"matrix","result":[]}}'
  await expect(queries.vector('h', 0)).rejects.toThrow('rule result is not a vector or scalar')
})

test('an engine that cannot be reached makes queries unavailable', async () => {
  server.close()
  server.closeAllConnections()
  const err = await queries.instant('x', 0).catch((err: unknown) => err as QueryError)
  expect((err as QueryError).errorType).toBe('unavailable')
  expect((err as QueryError).message).toContain('connection refused')
})

test('names are asked for with their matchers; federation stays here', async () => {
  answer.text = '{"status":"success","data":["a","b"]}'
  const request = { matcherSets: ['{a="b"}', 'up'], mint: 1000, maxt: 2000 }
  expect((await queries.labelValues('x y', request)).values).toEqual(['a', 'b'])
  expect((await queries.labelNames(request)).names).toEqual(['a', 'b'])
  expect(asked[0]).toBe(
    'GET /select/0/prometheus/api/v1/label/x%20y/values?match%5B%5D=%7Ba%3D%22b%22%7D&match%5B%5D=up&start=1&end=2 ',
  )
  expect(await queries.latest({ matcherSets: [], atMs: 0, lookbackMs: 1 })).toBe('from here')
})
