import { createServer, type Server, type Socket } from 'node:net'
import { type RunningMechanism, runMechanism } from './testing/run-mechanism.ts'

/** A server of the protocol with one-shot watches, as far as reading needs it. */
class FakeZookeeper {
  readonly nodes = new Map<string, string>()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      let buffer = Buffer.alloc(0)
      let isOpen = false
      socket.on('error', () => {})
      socket.on('data', (piece) => {
        buffer = Buffer.concat([buffer, piece])
        while (buffer.length >= 4 && buffer.length >= 4 + buffer.readInt32BE(0)) {
          const frame = buffer.subarray(4, 4 + buffer.readInt32BE(0))
          buffer = buffer.subarray(4 + frame.length)
          if (isOpen) this.#answer(socket, frame)
          else socket.write(framed(Buffer.concat([ints(0, 10_000, 0, 7, 16), Buffer.alloc(16)])))
          isOpen = true
        }
      })
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as { port: number }).port
  }

  change(path: string, data: string | undefined): void {
    if (data === undefined) this.nodes.delete(path)
    else this.nodes.set(path, data)
    const event = Buffer.concat([ints(-1, -1, -1, 0, 3, 3), text(path)])
    for (const socket of this.#sockets) socket.write(framed(event))
  }

  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  async close(): Promise<void> {
    this.drop()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(socket: Socket, frame: Buffer): void {
    const [xid, opcode] = [frame.readInt32BE(0), frame.readInt32BE(4)]
    if (opcode === 11) return void socket.write(framed(ints(-2, 0, 0, 0)))
    const path = frame.subarray(12, 12 + frame.readInt32BE(8)).toString()
    const data = this.nodes.get(path)
    if (data === undefined) return void socket.write(framed(ints(xid, 0, 1, -101)))
    const children = [...this.nodes.keys()]
      .filter((key) => key.startsWith(`${path}/`) && !key.slice(path.length + 1).includes('/'))
      .map((key) => text(key.slice(path.length + 1)))
    const body = opcode === 4 ? text(data) : Buffer.concat([ints(children.length), ...children])
    socket.write(framed(Buffer.concat([ints(xid, 0, 1, 0), body])))
  }
}

function ints(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) buffer.writeInt32BE(value, i * 4)
  return buffer
}
const text = (value: string) => Buffer.concat([ints(Buffer.byteLength(value)), Buffer.from(value)])
const framed = (frame: Buffer) => Buffer.concat([ints(frame.length), frame])

let fake: FakeZookeeper
let port: number
let running: RunningMechanism
beforeEach(async () => {
  fake = new FakeZookeeper()
  port = await fake.listen()
})
afterEach(async () => {
  await running.stop()
  await fake.close()
})

const member = (port: number) =>
  JSON.stringify({
    serviceEndpoint: { host: 'a.example.com', port },
    additionalEndpoints: { 'http-admin': { host: 'a.example.com', port: port + 1 } },
    status: 'ALIVE',
    shard: 3,
  })

test('members of a serverset become targets, and follow it as it changes', async () => {
  fake.nodes.set('/sd', '').set('/sd/m1', member(80))
  running = runMechanism('serverset', `servers: ["127.0.0.1:${port}"]\npaths: [/sd]`)
  const [group] = await running.next()
  expect(group).toEqual({
    source: '/sd/m1',
    labels: {},
    targets: [
      {
        __address__: 'a.example.com:80',
        __meta_serverset_path: '/sd/m1',
        __meta_serverset_endpoint_host: 'a.example.com',
        __meta_serverset_endpoint_port: '80',
        __meta_serverset_endpoint_host_http_admin: 'a.example.com',
        __meta_serverset_endpoint_port_http_admin: '81',
        __meta_serverset_status: 'ALIVE',
        __meta_serverset_shard: '3',
      },
    ],
  })
  fake.change('/sd/m2', member(90))
  expect((await running.next()).map(({ source }) => source)).toEqual(['/sd/m1', '/sd/m2'])
  fake.change('/sd/m1', undefined)
  expect((await running.next()).map(({ source }) => source)).toEqual(['/sd/m2'])
})

test('nerve names its services; a lost connection is made again', async () => {
  fake.nodes.set('/n', '').set('/n/a', '{"host":"h","port":81,"name":"web"}').set('/n/b', 'rubbish')
  running = runMechanism('nerve', `servers: ["127.0.0.1:${port}"]\npaths: [/n, /not-there]`)
  expect((await running.next()).flatMap(({ targets }) => targets)).toEqual([
    {
      __address__: 'h:81',
      __meta_nerve_path: '/n/a',
      __meta_nerve_endpoint_host: 'h',
      __meta_nerve_endpoint_port: '81',
      __meta_nerve_endpoint_name: 'web',
    },
  ])
  fake.drop()
  expect((await running.next()).length).toBe(1)
})
