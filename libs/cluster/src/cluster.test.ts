import { connect } from 'node:net'
import { connect as secureConnect } from 'node:tls'
import { Registry } from '@prom/metrics'
import { createHost } from '@prom/runtime/node'
import { createAuthority, recordLog, type TestAuthority } from '@prom/testkit'
import { Cluster, type SharedState } from './cluster.ts'
import type { TlsSides } from './tls-transport.ts'

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

async function start(name: string, peers: string[], label = '', tls?: TlsSides) {
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
      tls,
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

/** One certificate for both sides, each of which asks the other for one of the authority. */
function mutual(authority: TestAuthority): TlsSides {
  const { cert, key } = authority.issue('127.0.0.1')
  const own = { cert, key, ca: authority.cert }
  return {
    server: () => ({ ...own, requestCert: true, rejectUnauthorized: true }),
    client: () => own,
  }
}

test('gossip over TLS: small and large news, goodbyes and labels', async () => {
  const tls = mutual(createAuthority(Date.now()))
  const a = await start('a', [], 'red', tls)
  const b = await start('b', [a.address], 'red', tls)
  await until(() => names(a.cluster).length === 2 && names(b.cluster).length === 2)
  b.words.add('small')
  a.words.add('x'.repeat(50_000))
  await until(() => a.words.words.has('small') && b.words.words.size === 2)
  const c = await start('c', [a.address], 'blue', tls)
  expect(names(c.cluster)).toEqual(['c'])
  await b.leave()
  await until(() => names(a.cluster).length === 1)
})

test('who has no certificate of the authority, or no TLS, is not let in', async () => {
  const a = await start('a', [], '', mutual(createAuthority(Date.now())))
  const stranger = await start('b', [a.address], '', mutual(createAuthority(Date.now(), 'other')))
  const plain = await start('c', [a.address])
  expect([a, stranger, plain].map(({ cluster }) => names(cluster))).toEqual([['a'], ['b'], ['c']])
})

test('random bytes and broken frames over TLS harm nobody', async () => {
  const tls = mutual(createAuthority(Date.now()))
  const a = await start('a', [], '', tls)
  for (let i = 0; i < 30; i++) {
    await new Promise<void>((resolve) => {
      const socket = secureConnect({ ...tls.client(), host: '127.0.0.1', port: a.cluster.port })
      socket.on('secureConnect', () => {
        const bytes = Buffer.from(host.random.bytes(60))
        bytes.writeUInt32LE(i % 3 === 0 ? 0xffffffff : 4 + (i % 50))
        socket.end(bytes)
      })
      socket.on('error', () => resolve()).on('close', () => resolve())
      socket.resume()
    })
  }
  const b = await start('b', [a.address], '', tls)
  await until(() => names(a.cluster).includes('b') && names(b.cluster).includes('a'))
})
