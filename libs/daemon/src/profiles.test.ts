import { HttpServer } from '@prom/http'
import { createClock } from '@prom/runtime/node'
import { recordLog } from '@prom/testkit'
import { addProfileRoutes } from './profiles.ts'

let http: HttpServer
let running: Promise<void>
const stop = new AbortController()

beforeAll(async () => {
  const clock = createClock()
  http = new HttpServer({ addresses: ['127.0.0.1:0'] }, { clock, log: recordLog() })
  addProfileRoutes(http, '', clock)
  await new Promise<void>((resolve) => {
    running = http.run(stop.signal, resolve)
  })
})
afterAll(async () => {
  stop.abort()
  await running
})

const ask = (path: string) => fetch(`http://127.0.0.1:${http.port}${path}`)

test('a profile of the processor has samples, and one of the heap has sizes but no contents', async () => {
  const secret = 'a-secret-in-memory'.repeat(3)
  const cpu = (await (await ask('/debug/pprof/profile?seconds=0.2')).json()) as { nodes: unknown[] }
  expect(cpu.nodes.length).toBeGreaterThan(1)
  const text = await (await ask('/debug/pprof/heap?seconds=0.2')).text()
  expect(JSON.parse(text).head.selfSize).toBeGreaterThanOrEqual(0)
  expect(text).not.toContain(secret)
})

test('one profile is taken at a time', async () => {
  const both = await Promise.all([
    ask('/debug/pprof/profile?seconds=0.5'),
    ask('/debug/pprof/allocs?seconds=0.5'),
  ])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 503])
})

test('what is not there says so', async () => {
  const f = async (path: string, status: number) => expect((await ask(path)).status).toBe(status)
  await f('/debug/pprof/', 200)
  await f('/debug/pprof/goroutine', 501)
  await f('/debug/other', 404)
  await f('/debug/pprof/profile?seconds=x', 400)
  await f('/debug/pprof/profile?seconds=100000', 400)
})
