/** A Part that serves HTTP: routes with parameters, and in front of them raw handlers for what is asked often. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Clock, Logger, Part } from '@prom/runtime'
import { refusePath } from './clean-path.ts'
import { ListenError } from './errors.ts'
import { Gate } from './gate.ts'
import { joinHostPort, parseListenAddress } from './listen-address.ts'
import { Listener } from './listener.ts'
import { respondError } from './respond.ts'
import { createRouter, type RouterRoute } from './router.ts'
import { systemdDescriptors } from './systemd-socket.ts'
import { type Guard, openGuard } from './web-config.ts'

const HEADER_LIMIT_BYTES = 1024 * 1024
const READ_TIMEOUT_MS = 5 * 60_000
/** Whoever drips its headers more slowly holds a connection for nothing. */
const HEADERS_TIMEOUT_MS = 30_000
/** How often connections are looked at for that. */
const LOOK_MS = 5000
const CONNECTIONS_MAX = 512
/** After this, connections that still answer are cut. */
const CLOSE_TIMEOUT_MS = 3000

/** `params` are filled by routes: `:name` of the path. */
export type HttpRequestIn = IncomingMessage & {
  readonly params?: Record<string, unknown>
  /** The URL as it was sent, where escapes that are no UTF-8 had to be replaced in `url`. */
  readonly sentUrl?: string
}
export type HttpHandler = (request: HttpRequestIn, response: ServerResponse) => void | Promise<void>

export interface HttpServerOptions {
  readonly addresses: readonly string[]
  /** Without a socket handed over by systemd it does not start. */
  readonly systemdSocket?: boolean
  /** Named in the error when an address cannot be had. */
  readonly addressFlag?: string
  /** `--web.config.file`: TLS, users, headers. Empty: none. */
  readonly webConfigFile?: string
  /** Together, over all addresses; more wait until one of them ends. 0 is no limit. */
  readonly connectionsMax?: number
  readonly readTimeoutMs?: number
  /** Whether a request that has not arrived whole is cut when the server stops, in place of waited for. */
  readonly cutsOnStop?: boolean
}

export interface HttpServerDeps {
  readonly clock: Clock
  readonly log: Logger
  /** Told of every finished request; `handler` is the route's name. */
  readonly observe?: (handler: string, code: number, seconds: number, bytes: number) => void
}

interface Route {
  readonly methods: readonly string[]
  readonly path: string
}

export class HttpServer implements Part {
  readonly #options: HttpServerOptions
  readonly #deps: HttpServerDeps
  readonly #raw = new Map<string, { readonly name: string; readonly handler: HttpHandler }>()
  readonly #routes: Route[] = []
  readonly #names: string[] = []
  readonly #parametered: RouterRoute[] = []
  readonly #listeners: Listener[] = []
  readonly #gate: Gate
  readonly #filters: ((request: HttpRequestIn, response: ServerResponse) => boolean)[] = []
  #router: Awaited<ReturnType<typeof createRouter>> | undefined
  /** Being answered; kept where those that still arrive are cut. */
  readonly #open = new Set<IncomingMessage>()
  #guard: Guard | undefined

  constructor(options: HttpServerOptions, deps: HttpServerDeps) {
    this.#options = options
    this.#deps = deps
    this.#gate = new Gate(options.connectionsMax ?? CONNECTIONS_MAX)
  }

  /** Called before any handler; returns false if it has answered. In the order they were added. */
  filter(filter: (request: HttpRequestIn, response: ServerResponse) => boolean): void {
    this.#filters.push(filter)
  }

  /** A handler for one exact path, without the router: several times cheaper. */
  raw(method: string, path: string, handler: HttpHandler, name = path): void {
    this.#raw.set(`${method} ${path}`, { name, handler })
    this.#names.push(name)
    this.#addRoute(method, path)
  }

  /**
   * A handler for a path with parameters (`/label/:name/values`, `/static{/*path}`). Other methods of a known path are
   * answered 405 with Allow, as in Go; HEAD only where it is a route.
   */
  route(
    methods: string | readonly string[],
    path: string,
    handler: HttpHandler,
    name = path,
  ): void {
    this.#names.push(name)
    for (const method of [methods].flat()) {
      this.#addRoute(method, path)
      const serve: RouterRoute['serve'] = (request, response) =>
        this.#serve(name, handler, request, response)
      this.#parametered.push({ method, path, serve })
    }
  }

  /** Names of all routes so far, as `observe` is told them. */
  names(): string[] {
    return [...new Set(this.#names)]
  }

  #addRoute(method: string, path: string): void {
    const at = this.#routes.findIndex((route) => route.path === path)
    const known = this.#routes[at]
    if (known) this.#routes[at] = { path, methods: [...known.methods, method] }
    else this.#routes.push({ path, methods: [method] })
  }

  /** `host:port` of each listener, once running; a port 0 asked for has become a real one. */
  addresses(): string[] {
    return this.#listeners.map(({ door }) => {
      const { address, port } = door.address() as AddressInfo
      return joinHostPort(address, port)
    })
  }

  /** Connections since the start; those refused found no place to wait in. */
  connectionCounts(): Gate['counts'] {
    return this.#gate.counts
  }

  /** The first listener's port. */
  get port(): number {
    return (this.#listeners[0]?.door.address() as AddressInfo | null)?.port ?? 0
  }

  /** Rejects with ListenError if an address cannot be had, with Error for a bad web config. */
  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    try {
      this.#router = await createRouter(this.#parametered, this.#routes, (...args) =>
        this.#fail(...args),
      )
      this.#guard = await openGuard(this.#options.webConfigFile ?? '', this.#deps)
      const places = this.#places()
      for (const place of places) await this.#listen(place)
      ready()
      await aborted(signal)
    } finally {
      await this.#close()
    }
  }

  /** Sockets that systemd hands over are taken whether or not the flag asks for them: who else would? */
  #places(): readonly (string | number)[] {
    const given = systemdDescriptors()
    if (given.length > 0) return given
    if (this.#options.systemdSocket) throw new Error('no socket activation file descriptors found')
    return this.#options.addresses
  }

  async #listen(place: string | number): Promise<void> {
    const { log } = this.#deps
    const tls = this.#guard?.tls
    const limits = {
      maxHeaderSize: HEADER_LIMIT_BYTES,
      headersTimeout: Math.min(this.#options.readTimeoutMs ?? READ_TIMEOUT_MS, HEADERS_TIMEOUT_MS),
      requestTimeout: this.#options.readTimeoutMs ?? READ_TIMEOUT_MS,
      keepAliveTimeout: this.#options.readTimeoutMs ?? READ_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(this.#options.readTimeoutMs ?? LOOK_MS, LOOK_MS),
    }
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      this.#onRequest(request, response)
    const listener = new Listener(this.#gate, tls, limits, onRequest, onClientError)
    const { door } = listener
    await listen(door, place, this.#options.addressFlag ?? '--web.listen-address')
    this.#listeners.push(listener)
    const { address: host, port } = door.address() as AddressInfo
    const at = joinHostPort(host, port)
    log.info('Listening on', { address: at })
    const { hasHttp2: http2 } = listener
    log.info(tls ? 'TLS is enabled.' : 'TLS is disabled.', { http2, address: at })
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    if (this.#options.cutsOnStop) {
      this.#open.add(request)
      response.once('close', () => this.#open.delete(request))
    }
    try {
      if (this.#guard && !(await this.#guard.admit(request, response))) return
      for (const filter of this.#filters) if (!filter(request, response)) return
      const url = repairEscapes(request.url ?? '/')
      if (url === undefined) {
        refusePath(response)
        return
      }
      if (url !== request.url) Object.assign(request, { sentUrl: request.url })
      request.url = url
      const mark = url.indexOf('?')
      const path = mark < 0 ? url : url.slice(0, mark)
      const raw = this.#raw.get(`${request.method} ${path}`)
      if (raw) await this.#serve(raw.name, raw.handler, request, response)
      else this.#router?.(request, response)
    } catch (err) {
      this.#fail(request, response, err)
    }
  }

  async #serve(
    name: string,
    handler: HttpHandler,
    request: HttpRequestIn,
    response: ServerResponse,
  ): Promise<void> {
    const { clock, observe } = this.#deps
    if (observe) {
      const startMs = clock.monotonic()
      const socket = request.socket
      const before = socket.bytesWritten
      response.once('close', () => {
        const bytes = socket.bytesWritten - before
        observe(name, response.statusCode, (clock.monotonic() - startMs) / 1000, bytes)
      })
    }
    try {
      await handler(request, response)
    } catch (err) {
      this.#fail(request, response, err)
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, err: unknown): void {
    if (request.destroyed && !response.headersSent) return
    this.#deps.log.error('HTTP handler failed', {
      method: request.method,
      path: request.url?.split('?')[0],
      err,
    })
    if (response.headersSent) response.destroy()
    else respondError(response, 500, 'Internal Server Error')
  }

  async #close(): Promise<void> {
    this.#guard?.close()
    const closing = this.#listeners.map(
      ({ door }) => new Promise<void>((resolve) => door.close(() => resolve())),
    )
    this.#gate.close()
    for (const listener of this.#listeners) listener.closeIdle()
    for (const request of this.#open) if (!request.complete) request.socket.destroy()
    const done = new AbortController()
    const cut = this.#deps.clock.sleep(CLOSE_TIMEOUT_MS, done.signal).then(() => {
      for (const listener of this.#listeners) listener.closeAll()
    })
    await Promise.all(closing)
    done.abort()
    await cut
    this.#listeners.length = 0
  }
}

/**
 * The URL with escapes in its path that are no UTF-8 replaced by U+FFFD, so that a router can decode it; undefined
 * where an escape is none.
 */
function repairEscapes(url: string): string | undefined {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  if (!path.includes('%')) return url
  if (/%(?![0-9a-f]{2})/i.test(path)) return undefined
  const repaired = path.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      decodeURIComponent(run)
      return run
    } catch {
      return encodeURIComponent(Buffer.from(run.replaceAll('%', ''), 'hex').toString())
    }
  })
  return mark < 0 ? repaired : repaired + url.slice(mark)
}

function listen(server: Server, place: string | number, flag: string): Promise<void> {
  const address = String(place)
  return new Promise((resolve, reject) => {
    try {
      const target = typeof place === 'number' ? { fd: place } : parseListenAddress(place)
      server.once('error', (err: NodeJS.ErrnoException) =>
        reject(new ListenError(`listen tcp ${address}: bind: ${reasonOf(err)}`, address, flag)),
      )
      const { host, ...where } = { host: '', ...target }
      server.listen({ ...where, ...(host !== '' && { host }) }, () => {
        server.removeAllListeners('error')
        server.on('error', () => {})
        resolve()
      })
    } catch (err) {
      reject(new ListenError(`listen tcp: ${(err as Error).message}`, address, flag))
    }
  })
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'address already in use'
    case 'EADDRNOTAVAIL':
      return 'cannot assign requested address'
    case 'EACCES':
      return 'permission denied'
    default:
      return message
  }
}

/** Bytes that are no HTTP: a short answer as Go's, and the connection is gone. */
function onClientError(err: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || err.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const reason =
    err.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : err.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  socket.end(
    `HTTP/1.1 ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${reason}`,
  )
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
