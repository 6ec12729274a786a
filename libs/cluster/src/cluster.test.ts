import { connect } from 'node:net'
import { Registry } from '@prom/metrics'
import { createHost } from '@prom/runtime/node'
import { recordLog } from '@prom/testkit'
import { Cluster, type SharedState } from './cluster.ts'

jest.setTimeout(20_000)

/** A set of words that grows; every word is one message, ended by a zero. */
class Words implements SharedState {
  readonly words = new Set<string>()
  #tell: (data: Uint8Array) => void = () => {}

  add(word: string): void {
    this.words.add(word)
    this.#tell(new TextEncoder().encode(`${word}\0`))
  }

  merge(data: Uint8Array): void {
    for (const word of new TextDecoder().decode(data).split('\0')) if (word) this.words.add(word)
  }

  encodeAll(): Uint8Array {
    return new TextEncoder().encode([...this.words].map((word) => `${word}\0`).join(''))
  }

  onChange(tell: (data: Uint8Array) => void): void {
    this.#tell = tell
  }
}

const host = createHost(process)
const running: { stop: AbortController; done: Promise<void> }[] = []

afterEach(async () => {
  for (const { stop } of running) stop.abort()
  await Promise.all(running.splice(0).map(({ done }) => done))
})

async function start(name: string, peers: string[], label = '') {
  const words = new Words()
  const cluster = new Cluster(
    {
      name,
      bindHost: '127.0.0.1',
      bindPort: 0,
      advertiseHost: '127.0.0.1',
      advertisePort: 0,
      label,
      peers,
      gossipIntervalMs: 20,
      pushPullIntervalMs: 60_000,
      probeIntervalMs: 100,
      probeTimeoutMs: 40,
      tcpTimeoutMs: 500,
      settleTimeoutMs: 3000,
      reconnectIntervalMs: 60_000,
      reconnectTimeoutMs: 60_000,
    },
    {
      clock: host.clock,
      random: host.random,
      net: host.net,
      log: recordLog(),
      metrics: new Registry(),
      resolve: async (found) => [found],
    },
  )
  cluster.share('words', words)
  await cluster.open()
  const stop = new AbortController()
  const done = cluster.run(stop.signal, () => {})
  const entry = { stop, done }
  running.push(entry)
  const leave = async () => {
    stop.abort()
    await done
    running.splice(running.indexOf(entry), 1)
  }
  return { cluster, words, address: `127.0.0.1:${cluster.port}`, leave }
}

const until = async (check: () => boolean) => {
  for (let i = 0; i < 500 && !check(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(check()).toBe(true)
}

const names = (cluster: Cluster) => cluster.status().peers.map(({ name }) => name)

test('three members find each other, agree on what each adds, and on their places', async () => {
  const a = await start('a', [])
  a.words.add('before')
  const b = await start('b', [a.address])
  expect([...b.words.words]).toEqual(['before'])
  const c = await start('c', [b.address])
  await until(() => names(a.cluster).length === 3 && names(b.cluster).length === 3)
  c.words.add('small')
  a.words.add('x'.repeat(5000)) // Too large for packets: goes to each over a stream.
  await until(() => [a, b, c].every(({ words }) => words.words.size === 3))
  expect([a, b, c].map(({ cluster }) => cluster.position())).toEqual([0, 1, 2])
  await a.cluster.settled(new AbortController().signal)
  expect(a.cluster.status().status).toBe('ready')
})

test('a member that says goodbye is gone for the others', async () => {
  const a = await start('a', [])
  const b = await start('b', [a.address])
  await until(() => names(a.cluster).length === 2)
  await b.leave()
  await until(() => names(a.cluster).length === 1)
})

test('members with another label stay strangers', async () => {
  const a = await start('a', [], 'red')
  const b = await start('b', [a.address], 'blue')
  expect([names(a.cluster), names(b.cluster)]).toEqual([['a'], ['b']])
})

test('random bytes on both sockets harm nobody', async () => {
  const a = await start('a', [])
  const port = a.cluster.port
  const udp = host.net.createDatagram?.('udp4')
  for (let i = 0; i < 200; i++) {
    const bytes = host.random.bytes(1 + (i % 90))
    bytes[0] = i % 16
    udp?.send(bytes, port, '127.0.0.1')
  }
  for (let i = 0; i < 20; i++) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        const bytes = host.random.bytes(50)
        bytes[0] = i % 16
        socket.end(bytes)
      })
      socket.on('error', () => resolve()).on('close', () => resolve())
      socket.resume()
    })
  }
  udp?.close()
  const b = await start('b', [a.address])
  await until(() => names(a.cluster).includes('b') && names(b.cluster).includes('a'))
})
