import { type ConfigNode, entryOf, parseYaml } from '@prom/yaml'
import { serveRoutes } from '../testing/ask.ts'
import { fakeRoutes } from '../testing/fakes.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function start() {
  const routes = fakeRoutes()
  const server = await serveRoutes(routes)
  open.push(server)
  routes.readiness.markReady()
  return server.ask
}

const at = (node: ConfigNode | undefined, ...keys: readonly string[]): ConfigNode | undefined =>
  keys.reduce<ConfigNode | undefined>((found, key) => found && entryOf(found, key)?.value, node)
const textOf = (node: ConfigNode | undefined) => (node?.kind === 'scalar' ? node.text : undefined)

test('the API describes itself, in the version that is asked for', async () => {
  const ask = await start()
  const plain = await ask('/api/v1/openapi.yaml')
  expect(plain.status).toBe(200)
  expect(plain.headers.get('content-type')).toBe('application/yaml; charset=utf-8')
  expect(plain.headers.get('cache-control')).toBe('no-cache')
  const document = parseYaml(plain.text)
  expect(textOf(at(document, 'openapi'))).toBe('3.1.0')
  const query = at(document, 'paths', '/query')
  expect(textOf(at(query, 'get', 'operationId'))).toBe('getQuery')
  expect(at(query, 'post', 'requestBody', 'content')).toBeDefined()
  expect(textOf(at(document, 'paths', '/label/{name}/values', 'get', 'operationId'))).toBe(
    'getLabelNameValues',
  )
  expect(at(document, 'paths', '/notifications/live')).toBeUndefined()

  const later = parseYaml((await ask('/api/v1/openapi.yaml?openapi_version=3.2')).text)
  expect(textOf(at(later, 'openapi'))).toBe('3.2.0')
  expect(at(later, 'paths', '/notifications/live')).toBeDefined()
})

test('every path it describes is served', async () => {
  const ask = await start()
  const document = parseYaml((await ask('/api/v1/openapi.yaml')).text)
  const paths = at(document, 'paths')
  if (paths?.kind !== 'map') throw new Error('no paths')
  expect(paths.entries.length).toBeGreaterThan(35)
  for (const { key, value } of paths.entries) {
    const path = textOf(key)!.replace('{name}', 'job')
    const method = entryOf(value, 'get') ? 'GET' : 'POST'
    const { status, text } = await ask(`/api/v1${path}`, { method })
    expect([path, status === 405 || text.startsWith('404 page')]).toEqual([path, false])
  }
})

test('own metrics are listed as JSON, by a pattern if there is one', async () => {
  const ask = await start()
  const get = async (query: string) =>
    JSON.parse((await ask(`/api/v1/status/self_metrics${query}`)).text)
  expect((await get('?metric_name_pattern=prometheus_tsdb_head_ser.*')).data).toEqual([
    {
      name: 'prometheus_tsdb_head_series',
      help: expect.any(String),
      type: 'GAUGE',
      metric: [{ gauge: { value: 7 } }],
    },
  ])
  expect((await get('?metric_name_pattern=head')).data).toEqual([])
  expect(await get('?metric_name_pattern=(')).toEqual({
    status: 'error',
    errorType: 'bad_data',
    error: 'invalid metric_name_pattern: error parsing regexp: missing closing ): `(`',
  })
})
