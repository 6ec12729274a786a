import { createServer } from 'node:net'
import { Registry } from '@prom/metrics'
import { createClock } from '@prom/runtime/node'
import { createHttpClient } from './client/http-client.ts'
import { DialMetrics } from './dial-metrics.ts'

test('connections are counted by dialer: begun, made, failed, ended', async () => {
  const registry = new Registry()
  const onDial = new DialMetrics(registry).of('job')
  const client = createHttpClient(undefined, { clock: createClock(), onDial })
  const server = createServer((socket) =>
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
  await client.request({ method: 'GET', url })
  await new Promise((resolve) => server.close(resolve))
  await expect(client.request({ method: 'GET', url })).rejects.toThrow('refused')
  await new Promise((resolve) => setImmediate(resolve))
  const counts = registry
    .gather()
    .flatMap(({ name, points }) =>
      points.map(({ labels, value }) => `${name} ${labels.slice(2).join(' ')} ${String(value)}`),
    )
  expect(counts.map((line) => line.replace(/^net_conntrack_dialer_conn_|_total/g, ''))).toEqual([
    'attempted  2',
    'closed  1',
    'established  1',
    'failed  1'.replace('  ', ' reason refused '),
    'failed reason resolution 0',
    'failed reason timeout 0',
    'failed reason unknown 1',
  ])
  await client.close()
})
