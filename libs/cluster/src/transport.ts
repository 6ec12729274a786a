/** UDP packets and TCP streams of the gossip. Decides nothing: hands on what arrives. */
import type { Socket as DatagramSocket, RemoteInfo } from 'node:dgram'
import { isIP, type Server, type Socket } from 'node:net'
import type { Clock, HostNet } from '@prom/runtime'
import { NeedMoreError } from './msgpack.ts'
import { type Collecting, collectMessage } from './stream.ts'
import { stripLabel, withLabel } from './wire.ts'

export interface TransportHandlers {
  packet(packet: Uint8Array, from: { readonly host: string; readonly port: number }): void
  /** The whole of a stream's first message; the answer is sent back before the stream ends. */
  stream(message: Uint8Array): Uint8Array | undefined
  fault(what: string, err: unknown): void
}

export interface TransportOptions {
  readonly host: string
  readonly port: number
  readonly label: string
  readonly tcpTimeoutMs: number
}

/** How gossip travels: over UDP and TCP, or over TLS alone. */
export interface Transport {
  /** The port that was bound. */
  readonly port: number
  /** Binds. Rejects with what stands in the way. */
  open(): Promise<void>
  /** May be lost, as packets are. */
  send(packet: Uint8Array, host: string, port: number): void
  /**
   * Sends one message over a stream of its own; `isComplete` says when the answer is whole (without it, none is
   * waited for). Rejects when the time is over.
   */
  exchange(
    message: Uint8Array,
    target: { readonly host: string; readonly port: number },
    isComplete?: (answer: Uint8Array) => boolean,
  ): Promise<Uint8Array>
  close(): Promise<void>
}

export class PlainTransport implements Transport {
  readonly #options: TransportOptions
  readonly #net: HostNet
  readonly #clock: Clock
  readonly #handlers: TransportHandlers
  readonly #streams = new Set<Socket>()
  #udp: DatagramSocket | undefined
  #tcp: Server | undefined
  port = 0

  constructor(
    options: TransportOptions,
    { net, clock }: { readonly net: HostNet; readonly clock: Clock },
    handlers: TransportHandlers,
  ) {
    this.#options = options
    this.#net = net
    this.#clock = clock
    this.#handlers = handlers
  }

  /** Binds TCP and UDP to one port. Rejects with what stands in the way. */
  async open(): Promise<void> {
    const { host, port } = this.#options
    const server = this.#net.createServer((socket) => this.#accept(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.removeListener('error', reject)
        server.on('error', (err) => this.#handlers.fault('TCP listener', err))
        resolve()
      })
    })
    this.#tcp = server
    this.port = (server.address() as { port: number }).port
    const udp = this.#net.createDatagram?.(isIP(host) === 6 ? 'udp6' : 'udp4')
    if (!udp) throw new Error('this host has no datagram sockets')
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind(this.port, host, () => {
        udp.removeListener('error', reject)
        udp.on('error', (err) => this.#handlers.fault('UDP socket', err))
        resolve()
      })
    })
    udp.on('message', (packet: Buffer, from: RemoteInfo) => {
      const inner = stripLabel(this.#options.label, packet)
      if (inner) this.#handlers.packet(inner, { host: from.address, port: from.port })
    })
    this.#udp = udp
  }

  send(packet: Uint8Array, host: string, port: number): void {
    this.#udp?.send(withLabel(this.#options.label, packet), port, host, (err) => {
      if (err) this.#handlers.fault('UDP send', err)
    })
  }

  exchange(
    message: Uint8Array,
    target: { readonly host: string; readonly port: number },
    isComplete?: (answer: Uint8Array) => boolean,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const socket = this.#net.connect(target)
      this.#guard(socket)
      const end = (err?: Error, answer?: Uint8Array) => {
        socket.destroy()
        if (err) reject(err)
        else resolve(answer ?? new Uint8Array())
      }
      socket.on('error', end)
      socket.on('close', () => end(new Error('connection closed before the answer was whole')))
      socket.on('connect', () => {
        socket.write(withLabel(this.#options.label, message), () => {
          if (!isComplete) end()
        })
      })
      if (isComplete) {
        const collecting = { ...this.#collecting(), label: '' }
        collectMessage(socket, collecting, (answer) => {
          if (!isComplete(answer)) return false
          end(undefined, answer)
          return true
        })
      }
    })
  }

  async close(): Promise<void> {
    for (const socket of this.#streams) socket.destroy()
    const { promise, resolve } = defer()
    if (this.#tcp) this.#tcp.close(() => resolve())
    else resolve()
    await promise
    this.#udp?.close()
    this.#udp = undefined
  }

  #accept(socket: Socket): void {
    this.#guard(socket)
    socket.on('error', () => socket.destroy())
    collectMessage(socket, this.#collecting(), (message) => {
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

  #collecting(): Collecting {
    return {
      label: this.#options.label,
      fault: (err) => this.#handlers.fault('TCP stream', err),
    }
  }

  #guard(socket: Socket): void {
    this.#streams.add(socket)
    const closed = new AbortController()
    socket.on('close', () => {
      this.#streams.delete(socket)
      closed.abort()
    })
    void this.#clock.sleep(this.#options.tcpTimeoutMs, closed.signal).then(() => {
      if (!closed.signal.aborted) socket.destroy(new Error('i/o timeout'))
    })
  }
}

function defer(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
