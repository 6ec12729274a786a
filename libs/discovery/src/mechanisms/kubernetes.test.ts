import { join } from 'node:path'
import { selfSigned } from '@prom/testkit'
import { type FakeApi, flatten, readCase, startFakeApi } from '../testing/fake-api.ts'
import { type RunningMechanism, runMechanism } from '../testing/run-mechanism.ts'

const tls = selfSigned(['localhost'])
const { answers } = readCase(join(__dirname, '../testdata'), 'kubernetes-node')
let api: FakeApi
let running: RunningMechanism

const node = (name: string, version: string, address: string) => ({
  metadata: { name, resourceVersion: version, labels: {} },
  status: {
    addresses: [{ type: 'InternalIP', address }],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  },
})
const NODES = '/api/v1/nodes'

beforeEach(async () => {
  api = await startFakeApi(answers, tls)
  running = runMechanism('kubernetes', `api_server: http://127.0.0.1:${api.port}\nrole: node`)
  await running.next()
  await isWatched(1)
})
afterEach(async () => {
  await running.stop()
  await api.close()
})

const asked = (part: string) => api.asked.filter((line) => line.includes(part)).length
async function isWatched(times: number): Promise<void> {
  for (let i = 0; i < 3000 && asked('watch=true') < times; i++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(asked('watch=true')).toBe(times)
}
const addresses = async () => flatten(await running.next()).map((one) => one.__address__)

test('objects that come, change and go are told as they do', async () => {
  api.tell(NODES, { type: 'ADDED', object: node('node-3', '101', '10.0.0.3') })
  expect(await addresses()).toEqual(['10.0.0.1:10250', '10.0.0.2:10250', '10.0.0.3:10250'])
  api.tell(NODES, { type: 'MODIFIED', object: node('node-3', '102', '10.0.0.33') })
  expect(await addresses()).toEqual(['10.0.0.1:10250', '10.0.0.2:10250', '10.0.0.33:10250'])
  api.tell(NODES, { type: 'DELETED', object: node('node-1', '103', '') })
  expect(await addresses()).toEqual(['10.0.0.2:10250', '10.0.0.33:10250'])
})

test('a watch that ends goes on from the last version it saw, without listing again', async () => {
  api.tell(NODES, { type: 'BOOKMARK', object: { metadata: { resourceVersion: '150' } } })
  api.tell(NODES, { type: 'ADDED', object: node('node-3', '151', '10.0.0.3') })
  await running.next()
  api.endWatches(NODES)
  await isWatched(2)
  expect(asked('resourceVersion=151')).toBe(1)
  expect(asked('limit=500')).toBe(1)
})

test('history that is gone makes it list all objects again', async () => {
  api.tell(NODES, { type: 'ADDED', object: node('node-3', '101', '10.0.0.3') })
  expect((await addresses()).length).toBe(3)
  const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } }
  api.tell(NODES, gone)
  // The list does not have it.
  expect(await addresses()).toEqual(['10.0.0.1:10250', '10.0.0.2:10250'])
  expect(asked('limit=500')).toBe(2)
  const text = JSON.stringify(running.registry.gather())
  expect(text).toContain('prometheus_sd_kubernetes_failures_total')
})

test('the work queue is counted', async () => {
  api.tell(NODES, { type: 'ADDED', object: node('node-3', '101', '10.0.0.3') })
  await running.next()
  const value = (name: string) =>
    running.registry.gather().find((family) => family.name.endsWith(`_workqueue_${name}`))
      ?.points[0]?.value
  expect(value('items_total')).toBe(3)
  expect(value('depth')).toBe(0)
  expect(value('latency_seconds')).toMatchObject({ count: 3 })
  expect(value('work_duration_seconds')).toMatchObject({ count: 3 })
})

test('a watch that sends rubbish is begun anew and keeps what was known', async () => {
  api.tell(NODES, 'rubbish')
  api.endWatches(NODES)
  await isWatched(2)
  api.tell(NODES, { type: 'ADDED', object: node('node-3', '101', '10.0.0.3') })
  expect((await addresses()).length).toBe(3)
})
