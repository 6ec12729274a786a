/** One listening address: a door that accepts, and behind it the server that speaks HTTP on what the gate lets in. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createDoor, type Server as Door, type Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import type { Gate } from './gate.ts'
import type { Guard } from './web-config.ts'

/** As Go's server. */
const STREAMS_MAX = 250
/** Of one HTTP/2 connection, in megabytes: what its streams may hold up together. */
const SESSION_MEMORY_MB = 10

export interface ListenerOptions {
  readonly maxHeaderSize: number
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  /** How often the others are looked at. */
  readonly connectionsCheckingInterval: number
}

type OnRequest = (request: IncomingMessage, response: ServerResponse) => void

export class Listener {
  /** Listens; closed when every connection is. */
  readonly door: Door
  readonly hasHttp2: boolean
  readonly #inner: InnerServer

  constructor(
    gate: Gate,
    tls: Guard['tls'],
    options: ListenerOptions,
    onRequest: OnRequest,
    onClientError: (err: NodeJS.ErrnoException, socket: Socket) => void,
  ) {
    this.hasHttp2 = tls?.hasHttp2 ?? false
    this.#inner = createInner(tls, options, onRequest)
    this.#inner.on('clientError', onClientError)
    this.#inner.on('tlsClientError', (_err: Error, socket: Socket) => socket.destroy())
    // It does not listen itself, and without this it would not watch over slow requests.
    this.#inner.emit('listening')
    // Bytes are read by whoever takes the connection, not before.
    this.door = createDoor({ pauseOnConnect: true, allowHalfOpen: !tls, noDelay: true })
    this.door.on('connection', (socket: Socket) => {
      const take = () => {
        this.#inner.emit('connection', socket)
        if (!tls) socket.resume()
      }
      gate.enter(socket, tls ? () => refusePlain(socket, options.headersTimeout, take) : take)
    })
    if (tls) tls.keepFresh(this.#inner as unknown as TlsServer, this.door)
  }

  closeIdle(): void {
    this.#inner.closeIdle()
  }

  closeAll(): void {
    this.#inner.closeAll()
  }
}

/** Lets a connection on once its first bytes are there, unless they are HTTP without TLS: that is told so, as in Go. */
function refusePlain(socket: Socket, timeoutMs: number, take: () => void): void {
  const giveUp = () => socket.destroy()
  socket.on('error', giveUp)
  socket.setTimeout(timeoutMs, giveUp)
  socket.once('data', (first: Buffer) => {
    socket.setTimeout(0).off('timeout', giveUp)
    if (PLAIN.test(first.toString('latin1', 0, 5))) {
      socket.end(PLAIN_ANSWER, giveUp)
      return
    }
    socket.pause()
    socket.unshift(first)
    take()
  })
  socket.resume()
}

/** What Go looks at of a request: no more than a TLS record's header has. */
const PLAIN = /^(GET \/|HEAD |POST |PUT \/|OPTIO)/
const PLAIN_ANSWER =
  'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'

type InnerServer = Pick<Server, 'emit' | 'on'> & { closeIdle(): void; closeAll(): void }

function createInner(
  tls: Guard['tls'],
  options: ListenerOptions,
  onRequest: OnRequest,
): InnerServer {
  if (tls?.hasHttp2) return createHttp2(tls, options, onRequest)
  const server = tls
    ? createTlsServer({ ...options, ...tls.options() }, onRequest)
    : createServer(options, onRequest)
  return Object.assign(server, {
    closeIdle: () => {
      server.close() // Stops watching over slow requests; it has never listened.
      server.closeIdleConnections()
    },
    closeAll: () => server.closeAllConnections(),
  })
}

/** HTTP/2, and HTTP/1.1 for whoever does not offer it. */
function createHttp2(
  tls: NonNullable<Guard['tls']>,
  options: ListenerOptions,
  onRequest: OnRequest,
): InnerServer {
  const server = createSecureServer({
    ...tls.options(),
    ...options,
    allowHTTP1: true,
    maxSessionMemory: SESSION_MEMORY_MB,
    settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: options.maxHeaderSize },
  })
  // Its requests and responses have the methods of HTTP/1.1's that handlers use.
  server.on('request', onRequest as unknown as Parameters<typeof server.on>[1])
  Object.assign(server, options) // For HTTP/1.1, which it does not take them for itself.
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.setTimeout(options.keepAliveTimeout, () => session.close())
    session.on('error', () => {})
    session.once('close', () => sessions.delete(session))
  })
  const sockets = new Set<Socket>()
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  return Object.assign(server, {
    closeIdle: () => {
      server.close()
      for (const session of sessions) session.close()
    },
    closeAll: () => {
      for (const session of sessions) session.destroy()
      for (const socket of sockets) socket.destroy()
    },
  }) as unknown as InnerServer
}
