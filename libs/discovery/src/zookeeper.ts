/** What a tree of ZooKeeper nodes holds, kept up to date: its client protocol by hand. */
import type { Socket } from 'node:net'
import type { DiscoveryHost } from './mechanism.ts'

/*
 * Every frame is `length:int32` and that many bytes. All numbers are big-endian, a text or buffer is
 * `length:int32 bytes` (-1: null), a list `count:int32 items`.
 *
 *   connect   ->  protocol:int32=0 lastZxid:int64=0 timeoutMs:int32 session:int64=0 password:buffer(16) readOnly:bool
 *             <-  protocol:int32 timeoutMs:int32 session:int64 password:buffer
 *   request   ->  xid:int32 opcode:int32 path:text watch:bool
 *   reply     <-  xid:int32 zxid:int64 error:int32, then data:buffer stat | children:list(text) stat | stat
 *   event     <-  the same with xid -1: type:int32 state:int32 path:text
 */
const XID_EVENT = -1
const XID_PING = -2
const OP = { exists: 3, data: 4, ping: 11, children: 8 } as const
const ERROR_NO_NODE = -101
const FRAME_BYTES_MAX = 16 << 20
const NODES_MAX = 100_000
const DEPTH_MAX = 100

export class ZookeeperError extends Error {
  readonly code: number
  constructor(message: string, code: number) {
    super(message)
    this.name = 'ZookeeperError'
    this.code = code
  }
}

interface Waiting {
  resolve(reply: Buffer): void
  reject(err: Error): void
}

/** One connection. Requests are answered in order; a watch fires once and is told to `onEvent`. */
class Connection {
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  readonly #onEvent: () => void
  readonly #onClose: (err: Error) => void
  #connected: Waiting | undefined
  #received = Buffer.alloc(0)
  #xid = 0

  constructor(socket: Socket, onEvent: () => void, onClose: (err: Error) => void) {
    this.#socket = socket
    this.#onEvent = onEvent
    this.#onClose = onClose
    socket.on('data', (piece: Buffer) => this.#read(piece))
    socket.on('error', (err) => this.close(err))
    socket.on('close', () => this.close(new Error('zk: connection closed')))
  }

  /** Resolves with the session timeout the server grants. */
  async open(timeoutMs: number): Promise<number> {
    const frame = Buffer.alloc(4 + 8 + 4 + 8 + 4 + 16 + 1)
    frame.writeInt32BE(timeoutMs, 12)
    frame.writeInt32BE(16, 24)
    const reply = await new Promise<Buffer>((resolve, reject) => {
      this.#connected = { resolve, reject }
      this.#send(frame)
    })
    const granted = reply.length >= 8 ? reply.readInt32BE(4) : 0
    if (granted <= 0) throw new Error('zk: session has been expired by the server')
    return granted
  }

  ping(): void {
    const frame = Buffer.alloc(8)
    frame.writeInt32BE(XID_PING, 0)
    frame.writeInt32BE(OP.ping, 4)
    this.#send(frame)
  }

  ask(opcode: number, path: string): Promise<Buffer> {
    const name = Buffer.from(path)
    const frame = Buffer.alloc(4 + 4 + 4 + name.length + 1)
    const xid = ++this.#xid & 0x7fffffff
    frame.writeInt32BE(xid, 0)
    frame.writeInt32BE(opcode, 4)
    frame.writeInt32BE(name.length, 8)
    name.copy(frame, 12)
    frame[12 + name.length] = 1
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('zk: connection closed'))
      this.#waiting.set(xid, { resolve, reject })
      this.#send(frame)
    })
  }

  close(err: Error): void {
    this.#socket.destroy()
    this.#connected?.reject(err)
    this.#connected = undefined
    for (const { reject } of this.#waiting.values()) reject(err)
    this.#waiting.clear()
    this.#onClose(err)
  }

  #send(frame: Buffer): void {
    const head = Buffer.alloc(4)
    head.writeInt32BE(frame.length)
    this.#socket.write(Buffer.concat([head, frame]))
  }

  #read(piece: Buffer): void {
    this.#received = Buffer.concat([this.#received, piece])
    while (this.#received.length >= 4) {
      const length = this.#received.readInt32BE(0)
      if (length < 0 || length > FRAME_BYTES_MAX) {
        this.close(new Error(`zk: invalid frame of ${length} bytes`))
        return
      }
      if (this.#received.length < 4 + length) return
      const frame = this.#received.subarray(4, 4 + length)
      this.#received = this.#received.subarray(4 + length)
      this.#take(frame)
    }
  }

  #take(frame: Buffer): void {
    if (this.#connected) {
      this.#connected.resolve(Buffer.from(frame))
      this.#connected = undefined
      return
    }
    if (frame.length < 16) {
      this.close(new Error('zk: short reply'))
      return
    }
    const xid = frame.readInt32BE(0)
    if (xid === XID_PING) return
    if (xid === XID_EVENT) {
      this.#onEvent()
      return
    }
    const waiting = this.#waiting.get(xid)
    this.#waiting.delete(xid)
    const code = frame.readInt32BE(12)
    if (code === 0) waiting?.resolve(Buffer.from(frame.subarray(16)))
    else {
      const text = code === ERROR_NO_NODE ? 'zk: node does not exist' : `zk: error ${code}`
      waiting?.reject(new ZookeeperError(text, code))
    }
  }
}

export interface ZookeeperTreesOptions {
  readonly servers: readonly string[]
  readonly paths: readonly string[]
  readonly timeoutMs: number
  readonly host: DiscoveryHost
  /** Told the nodes with data below each path, whenever something has changed. */
  onNodes(nodes: ReadonlyMap<string, Buffer>): void
}

const RETRY_MS = 1_000
/** Changes come in bursts; a tree is read again this long after the first. */
const SETTLE_MS = 50

/** Watches the trees until `signal` aborts; reconnects to the next server after a failure. */
export async function watchZookeeper(
  options: ZookeeperTreesOptions,
  signal: AbortSignal,
): Promise<void> {
  const { servers, host } = options
  const { clock, log, metrics } = host
  for (let attempt = 0; !signal.aborted; attempt++) {
    const server = servers[attempt % servers.length] as string
    metrics.zookeeperWatchers.inc()
    try {
      await watchServer(server, options, signal)
    } catch (err) {
      if (signal.aborted) break
      metrics.zookeeperFailures.inc()
      log.error('ZooKeeper connection failed', { server, err: (err as Error).message })
    } finally {
      metrics.zookeeperWatchers.inc(-1)
    }
    await clock.sleep(RETRY_MS, signal)
  }
}

async function watchServer(
  server: string,
  { paths, timeoutMs, host, onNodes }: ZookeeperTreesOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, net } = host
  let failure: Error | undefined
  let changed = new AbortController()
  const [, name = server, port = '2181'] = /^(.*?)(?::(\d+))?$/.exec(server) ?? []
  const connection = new Connection(
    net.connect({ host: name, port: Number(port) }),
    () => changed.abort(),
    (err) => {
      failure ??= err
      changed.abort()
    },
  )
  const stop = () => connection.close(new Error('stopped'))
  signal.addEventListener('abort', stop, { once: true })
  try {
    const opening = new AbortController()
    clock.sleep(timeoutMs, opening.signal).then(() => {
      if (!opening.signal.aborted) connection.close(new Error('zk: connection timed out'))
    })
    const granted = await connection.open(timeoutMs).finally(() => opening.abort())
    while (!signal.aborted && !failure) {
      changed = new AbortController()
      const nodes = new Map<string, Buffer>()
      for (const path of paths) await readTree(connection, path, nodes, 0)
      onNodes(nodes)
      while (!changed.signal.aborted) {
        await clock.sleep(granted / 3, changed.signal)
        if (!changed.signal.aborted) connection.ping()
      }
      if (!failure) await clock.sleep(SETTLE_MS, signal)
    }
    if (failure) throw failure
  } finally {
    signal.removeEventListener('abort', stop)
    connection.close(new Error('stopped'))
  }
}

/** Reads a node and what is below it, leaving watches on all of it. One that is gone is left out. */
async function readTree(
  connection: Connection,
  path: string,
  nodes: Map<string, Buffer>,
  depth: number,
): Promise<void> {
  if (depth > DEPTH_MAX || nodes.size > NODES_MAX) {
    throw new Error(`zk: more than ${NODES_MAX} nodes or ${DEPTH_MAX} levels`)
  }
  try {
    const data = readBuffer(await connection.ask(OP.data, path), 0)
    if (data) nodes.set(path, data)
    for (const name of readNames(await connection.ask(OP.children, path))) {
      await readTree(connection, path === '/' ? `/${name}` : `${path}/${name}`, nodes, depth + 1)
    }
  } catch (err) {
    if (!(err instanceof ZookeeperError) || err.code !== ERROR_NO_NODE) throw err
    nodes.delete(path)
    // A watch for the day it appears; the root of a tree may not be there yet.
    await connection.ask(OP.exists, path).catch(() => {})
  }
}

function readBuffer(reply: Buffer, offset: number): Buffer | undefined {
  if (reply.length < offset + 4) throw new Error('zk: short reply')
  const length = reply.readInt32BE(offset)
  if (length < 0) return undefined
  if (offset + 4 + length > reply.length) throw new Error('zk: short reply')
  return reply.subarray(offset + 4, offset + 4 + length)
}

function readNames(reply: Buffer): string[] {
  const count = reply.length >= 4 ? reply.readInt32BE(0) : 0
  const names: string[] = []
  let offset = 4
  for (let i = 0; i < count; i++) {
    const name = readBuffer(reply, offset) ?? Buffer.alloc(0)
    names.push(name.toString('utf8'))
    offset += 4 + name.length
  }
  return names
}
