/**
 * Gossip over TLS alone: packets too travel over connections, each in a frame of its own.
 *
 *   frame             length of the message (uint32, little endian)  message
 *   MemberlistMessage 1 version  2 kind (0 stream, 1 packet)  3 from_addr  4 msg
 *
 * A frame of kind stream has no msg: what follows it is the stream. The original reads each frame with a buffer that
 * it then forgets, so a frame must be a TLS record of its own: the next write waits until it is out.
 */
import { isIP, type Server, type Socket } from 'node:net'
import {
  type ConnectionOptions,
  connect,
  createServer,
  type TLSSocket,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls'
import { Counter, CounterVec, type Registry } from '@prom/metrics'
import { MessageReader, MessageWriter } from '@prom/protobuf'
import type { Clock, HostNet } from '@prom/runtime'
import { joinHostPort } from './address.ts'
import { NeedMoreError } from './msgpack.ts'
import { collectMessage } from './stream.ts'
import type { Transport, TransportHandlers, TransportOptions } from './transport.ts'
import { stripLabel, withLabel } from './wire.ts'

/** What each side shows the other and asks of it; asked for anew at each connection. */
export interface TlsSides {
  server(): TlsOptions
  client(): ConnectionOptions
}

const VERSION = 'v0.1.0'
const KIND_PACKET = 1
const FRAME_BYTES_MAX = 128 * 1024
const POOL_MAX = 1024
/** Packets waiting for one connection; further ones are lost, as packets may be. */
const WAITING_MAX = 256

interface Pooled {
  readonly socket: TLSSocket
  waiting: number
  last: Promise<void>
}

export class TlsTransport implements Transport {
  readonly #options: TransportOptions
  readonly #deps: { readonly net: HostNet; readonly clock: Clock; readonly tls: TlsSides }
  readonly #handlers: TransportHandlers
  readonly #sockets = new Set<Socket>()
  /** Outgoing connections for packets, the longest unused first. */
  readonly #pool = new Map<string, Pooled>()
  readonly #metrics: ReturnType<typeof createMetrics>
  #server: Server | undefined
  #tls: TlsServer | undefined
  port = 0

  constructor(
    options: TransportOptions,
    deps: {
      readonly net: HostNet
      readonly clock: Clock
      readonly tls: TlsSides
      readonly metrics: Registry
    },
    handlers: TransportHandlers,
  ) {
    this.#options = options
    this.#deps = deps
    this.#handlers = handlers
    this.#metrics = createMetrics(deps.metrics)
  }

  async open(): Promise<void> {
    const { host, port } = this.#options
    const tls = createServer(this.#deps.tls.server(), (socket) => this.#accept(socket))
    tls.on('tlsClientError', (err) => {
      this.#metrics.readErrors.inc()
      this.#handlers.fault('TLS handshake', err)
    })
    const server = this.#deps.net.createServer((socket) => {
      this.#track(socket)
      socket.on('error', () => socket.destroy())
      tls.emit('connection', socket)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.removeListener('error', reject)
        server.on('error', (err) => this.#handlers.fault('TLS listener', err))
        resolve()
      })
    })
    this.#tls = tls
    this.#server = server
    this.port = (server.address() as { port: number }).port
  }

  send(packet: Uint8Array, host: string, port: number): void {
    const key = joinHostPort(host, port)
    let pooled = this.#pool.get(key)
    if (!pooled || pooled.socket.destroyed) {
      const connection = this.#connect(host, port)
      pooled = { socket: connection.socket, waiting: 0, last: connection.secure }
      const { socket } = pooled
      socket.on('close', () => {
        if (this.#pool.get(key)?.socket === socket) this.#pool.delete(key)
      })
      // Nothing is read from it, but its end must be noticed.
      socket.resume()
    }
    this.#pool.delete(key)
    this.#pool.set(key, pooled)
    if (this.#pool.size > POOL_MAX) this.#dropOldest()
    if (pooled.waiting >= WAITING_MAX) return
    const content = withLabel(this.#options.label, packet)
    const entry = pooled
    entry.waiting++
    entry.last = entry.last
      .then(() => write(entry.socket, this.#frame(KIND_PACKET, content)))
      .then(() => this.#metrics.packetsSent.inc(content.length))
      .catch((err: unknown) => {
        this.#metrics.writeErrors.of('packet').inc()
        this.#handlers.fault('TLS send', err)
        entry.socket.destroy()
      })
      .finally(() => {
        entry.waiting--
      })
  }

  async exchange(
    message: Uint8Array,
    target: { readonly host: string; readonly port: number },
    isComplete?: (answer: Uint8Array) => boolean,
  ): Promise<Uint8Array> {
    const { socket, secure } = this.#connect(target.host, target.port)
    this.#limit(socket)
    const { label } = this.#options
    try {
      const answer = new Promise<Uint8Array>((resolve, reject) => {
        const fault = (err?: Error) =>
          reject(err ?? new Error('connection closed before the answer was whole'))
        socket.on('error', fault)
        socket.on('close', () => fault())
        if (!isComplete) return
        collectMessage(socket, { label: '', fault: (err) => fault(err as Error) }, (bytes) => {
          if (!isComplete(bytes)) return false
          resolve(bytes)
          return true
        })
      })
      answer.catch(() => {})
      await secure
      await write(socket, this.#frame(0, new Uint8Array()))
      await write(socket, withLabel(label, message))
      this.#metrics.streamsSent.inc()
      if (isComplete) return await answer
      await new Promise<void>((resolve) => socket.end(resolve))
      return new Uint8Array()
    } catch (err) {
      this.#metrics.writeErrors.of('stream').inc()
      throw err
    } finally {
      socket.destroy()
    }
  }

  async close(): Promise<void> {
    // The last packets say goodbye.
    const { clock } = this.#deps
    const sent = Promise.all([...this.#pool.values()].map(({ last }) => last))
    const done = new AbortController()
    await Promise.race([sent, clock.sleep(this.#options.tcpTimeoutMs, done.signal)])
    done.abort()
    for (const socket of this.#sockets) socket.destroy()
    const server = this.#server
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()))
    this.#tls?.close()
  }

  #connect(host: string, port: number): { socket: TLSSocket; secure: Promise<void> } {
    const raw = this.#deps.net.connect({ host, port })
    this.#track(raw)
    // An address is no name to ask for, but it is what the certificate has to be for.
    const name = isIP(host) === 0 ? {} : { servername: '' }
    const socket = connect({ ...name, ...this.#deps.tls.client(), socket: raw, host })
    this.#track(socket)
    const secure = new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('connection closed')))
      raw.once('error', reject)
    })
    secure.catch(() => {})
    socket.on('error', () => socket.destroy())
    raw.on('error', () => socket.destroy())
    return { socket, secure }
  }

  #accept(socket: TLSSocket): void {
    this.#track(socket)
    socket.on('error', () => socket.destroy())
    let pending: Buffer = Buffer.alloc(0)
    const onData = (piece: Buffer) => {
      pending = pending.length === 0 ? piece : Buffer.concat([pending, piece])
      try {
        for (;;) {
          const frame = readFrame(pending)
          if (!frame) return
          pending = pending.subarray(frame.size)
          if (frame.kind === KIND_PACKET) {
            this.#onPacket(frame.message, frame.from)
            continue
          }
          socket.removeListener('data', onData)
          this.#onStream(socket, pending)
          return
        }
      } catch (err) {
        this.#metrics.readErrors.inc()
        this.#handlers.fault('TLS frame', err)
        socket.destroy()
      }
    }
    socket.on('data', onData)
  }

  #onPacket(content: Uint8Array, from: string): void {
    this.#metrics.packetsReceived.inc(content.length)
    const inner = stripLabel(this.#options.label, content)
    const place = /^\[?(.*?)\]?:(\d+)$/.exec(from)
    if (!inner || !place) return
    this.#handlers.packet(inner, { host: place[1] as string, port: Number(place[2]) })
  }

  #onStream(socket: TLSSocket, head: Uint8Array): void {
    const { label } = this.#options
    this.#metrics.streamsReceived.inc()
    this.#limit(socket)
    const fault = (err: unknown) => this.#handlers.fault('TLS stream', err)
    collectMessage(socket, { label, head, fault }, (message) => {
      try {
        const answer = this.#handlers.stream(message)
        // The label stands at the head of what the caller sends, not of the answer.
        if (answer) socket.end(answer)
        else socket.end()
        return true
      } catch (err) {
        if (err instanceof NeedMoreError) return false
        throw err
      }
    })
  }

  #frame(kind: number, content: Uint8Array): Uint8Array {
    const { host } = this.#options
    const message = new MessageWriter()
      .string(1, VERSION)
      .varint(2, kind)
      .string(3, joinHostPort(host, this.port))
      .bytes(4, content)
      .finish()
    const frame = Buffer.alloc(4 + message.length)
    frame.writeUInt32LE(message.length)
    frame.set(message, 4)
    return frame
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  /** A stream has its time; connections for packets stay. */
  #limit(socket: Socket): void {
    const closed = new AbortController()
    socket.on('close', () => closed.abort())
    void this.#deps.clock.sleep(this.#options.tcpTimeoutMs, closed.signal).then(() => {
      if (!closed.signal.aborted) socket.destroy(new Error('i/o timeout'))
    })
  }

  #dropOldest(): void {
    for (const [key, { socket }] of this.#pool) {
      this.#pool.delete(key)
      socket.destroy()
      return
    }
  }
}

interface Frame {
  /** Of the whole frame. */
  readonly size: number
  readonly kind: number
  readonly from: string
  readonly message: Uint8Array
}

/** Undefined as long as the frame is not whole. Throws for what is none. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 4) return undefined
  const length = bytes.readUInt32LE(0)
  if (length > FRAME_BYTES_MAX) throw new Error(`frame of ${length} bytes`)
  if (bytes.length < 4 + length) return undefined
  const reader = new MessageReader(bytes.subarray(4, 4 + length))
  let [version, kind, from] = ['', 0, '']
  let message: Uint8Array = new Uint8Array()
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) version = reader.string()
    else if (field === 2) kind = reader.number()
    else if (field === 3) from = reader.string()
    else if (field === 4) message = reader.bytes()
    else reader.skip()
  }
  if (version !== VERSION) throw new Error(`message of an unknown version ${version}`)
  return { size: 4 + length, kind, from, message }
}

function write(socket: TLSSocket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (err) => (err ? reject(err) : resolve()))
  })
}

function createMetrics(metrics: Registry) {
  const prefix = 'alertmanager_tls_transport_'
  const counter = (name: string, help: string) =>
    metrics.register(new Counter({ name: `${prefix}${name}`, help }))
  return {
    packetsReceived: counter(
      'packet_bytes_received_total',
      'The number of packet bytes received from incoming connections (excluding internal metadata).',
    ),
    packetsSent: counter(
      'packet_bytes_sent_total',
      'The number of packet bytes sent to outgoing connections (excluding internal metadata).',
    ),
    readErrors: counter(
      'read_errors_total',
      'The number of errors encountered while reading from incoming connections.',
    ),
    streamsReceived: counter(
      'stream_connections_received_total',
      'The number of stream connections received.',
    ),
    streamsSent: counter('stream_connections_sent_total', 'The number of stream connections sent.'),
    writeErrors: metrics.register(
      new CounterVec({
        name: `${prefix}write_errors_total`,
        help: 'The number of errors encountered while writing to outgoing connections.',
        labelNames: ['connection_type'],
      }),
    ),
  }
}
