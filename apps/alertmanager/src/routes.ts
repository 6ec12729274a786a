/** Every path the program serves, below its route prefix. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Daemon } from '@prom/daemon'
import {
  addHealthRoutes,
  addProfileRoutes,
  createMetricsPage,
  printLandingPage,
  type Reloader,
} from '@prom/daemon'
import { respond, respondError, type UiFiles } from '@prom/http'
import { CounterVec, HistogramVec, type Registry } from '@prom/metrics'
import type { Clock } from '@prom/runtime'
import type { Api } from './api/api.ts'

export interface RoutesOptions {
  readonly prefix: string
  readonly version: string
  /** GET requests at the same time. */
  readonly getMax: number
  /** 0: none. */
  readonly timeoutMs: number
  readonly timeoutText: string
}

const V1_PATHS = /^\/api\/v1\/(alerts|alerts\/groups|receivers|silences|status|silence\/[^/]+)$/
const V1_ANSWER =
  '{"status":"deprecated","error":"The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please use the equivalent route in the v2 API"}\n'

export function addRoutes(
  { http, metrics, log }: Daemon,
  options: RoutesOptions,
  deps: {
    readonly api: Api
    readonly reloader: Reloader
    readonly clock: Clock
    readonly ui: UiFiles | undefined
  },
): void {
  const { prefix } = options
  const observe = observeRequests(metrics, deps.clock)
  const gate = new Gate(options, metrics, deps.clock)
  const handlerOf = namesOf(deps.api)
  http.filter((request, response) => {
    const path = (request.url ?? '/').split('?')[0] as string
    if (!path.startsWith(`${prefix}/`)) return true
    const inner = path.slice(prefix.length)
    const handler = handlerOf(inner)
    if (handler !== undefined) observe(request, response, handler)
    if (inner === '/api/v2') {
      redirect(response, `${prefix}/api/v2/`)
      return false
    }
    if (V1_PATHS.test(inner)) {
      log.warn('v1 API received a request on a removed endpoint', {
        component: 'api',
        version: 'v1',
        path,
        method: request.method,
      })
      response.writeHead(410, { 'Content-Type': 'application/json' }).end(V1_ANSWER)
      return false
    }
    if (!inner.startsWith('/api/v2/')) return true
    gate
      .pass(request, response, () =>
        deps.api.serve(request, response, inner.slice('/api/v2'.length)),
      )
      .catch((err: unknown) => {
        log.error('API request failed', { path, err })
        if (!response.headersSent) respondError(response, 500, 'internal server error')
        else response.destroy()
      })
    return false
  })
  http.raw('GET', `${prefix}/metrics`, createMetricsPage({ metrics, log }))
  addHealthRoutes(http, prefix, { healthy: 'OK', ready: 'OK' })
  addProfileRoutes(http, prefix, deps.clock)
  http.route('POST', `${prefix}/-/reload`, deps.reloader.handler())
  const { ui } = deps
  if (ui) {
    http.raw('GET', `${prefix}/`, ui.page())
    http.route('GET', `${prefix}/assets/:name`, ui.asset)
    http.raw('GET', `${prefix}/favicon.svg`, ui.icon)
  } else addLandingPage(http, options)
  if (prefix !== '')
    http.raw('GET', '/', (_request, response) => redirect302(response, `${prefix}/`))
}

function addLandingPage(http: Daemon['http'], options: RoutesOptions): void {
  http.raw('GET', `${options.prefix}/`, (_request, response) =>
    respond(response, {
      contentType: 'text/html; charset=utf-8',
      headers: { 'Cache-Control': 'no-cache, no-store, must-revalidate' },
      body: landingPage(options),
    }),
  )
}

function landingPage({ prefix, version }: RoutesOptions): string {
  return printLandingPage({
    title: 'Alertmanager',
    description: 'Groups, silences and routes alerts to the people who look after them.',
    version,
    links: [
      { href: `${prefix}/api/v2/alerts`, text: 'Alerts' },
      { href: `${prefix}/api/v2/alerts/groups`, text: 'Alert groups' },
      { href: `${prefix}/api/v2/silences`, text: 'Silences' },
      { href: `${prefix}/api/v2/status`, text: 'Status' },
      { href: `${prefix}/metrics`, text: 'Metrics' },
    ],
  })
}

function redirect(response: ServerResponse, location: string): void {
  response
    .writeHead(301, { Location: location, 'Content-Type': 'text/html; charset=utf-8' })
    .end(`<a href="${location}">Moved Permanently</a>.\n\n`)
}

function redirect302(response: ServerResponse, location: string): void {
  response
    .writeHead(302, { Location: location, 'Content-Type': 'text/html; charset=utf-8' })
    .end(`<a href="${location}">Found</a>.\n\n`)
}

/** An abort without a reason makes an exception with a stack each time. */
const OVER = 'over'

/** Not too many GET requests at once, and none that takes too long. */
class Gate {
  readonly #options: RoutesOptions
  readonly #clock: Clock
  readonly #refused: CounterVec
  #inFlight = 0

  constructor(options: RoutesOptions, metrics: Registry, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#refused = metrics.register(
      new CounterVec({
        name: 'alertmanager_http_concurrency_limit_exceeded_total',
        help: 'Total number of times an HTTP request failed because the concurrency limit was reached.',
        labelNames: ['method'],
      }),
    )
    this.#refused.of('get')
    metrics.register({
      collect: () => [
        {
          name: 'alertmanager_http_requests_in_flight',
          help: 'Current number of HTTP requests being processed.',
          type: 'gauge',
          points: [{ labels: ['method', 'get'], value: this.#inFlight }],
        },
      ],
    })
  }

  async pass(
    request: IncomingMessage,
    response: ServerResponse,
    serve: () => Promise<void>,
  ): Promise<void> {
    const { getMax, timeoutMs, timeoutText } = this.#options
    const isGet = request.method === 'GET'
    if (isGet && this.#inFlight >= getMax) {
      this.#refused.of('get').inc()
      const text = `Limit of concurrent GET requests reached (${getMax}), try again later.`
      respondError(response, 503, text)
      return
    }
    if (isGet) this.#inFlight++
    const done = new AbortController()
    try {
      if (timeoutMs <= 0) await serve()
      else {
        const late = this.#clock.sleep(timeoutMs, done.signal).then(() => {
          if (done.signal.aborted || response.headersSent) return
          respondError(response, 503, `Exceeded configured timeout of ${timeoutText}.`)
        })
        await Promise.race([serve(), late])
      }
    } finally {
      done.abort(OVER)
      if (isGet) this.#inFlight--
    }
  }
}

const PLAIN_HANDLERS = new Set([
  '/',
  '/favicon.ico',
  '/favicon.svg',
  '/metrics',
  '/-/healthy',
  '/-/ready',
  '/-/reload',
])
/** Unknown API paths are counted by name as in the original, but not without end. */
const UNKNOWN_MAX = 50

/** What metrics call the handler of a path; undefined for paths that nobody serves. */
function namesOf(api: Api): (path: string) => string | undefined {
  const unknown = new Set<string>()
  return (path) => {
    if (PLAIN_HANDLERS.has(path)) return path
    if (path.startsWith('/assets/')) return '/assets/*path'
    if (V1_PATHS.test(path))
      return path.slice('/api/v1'.length).replace(/^\/silence\/.*/, '/silence/:sid')
    if (!path.startsWith('/api/v2/')) return undefined
    const pattern = api.patternOf(path.slice('/api/v2'.length))
    if (pattern !== undefined) return `/api/v2${pattern}`
    if (unknown.size >= UNKNOWN_MAX && !unknown.has(path)) return '/api/v2/'
    unknown.add(path)
    return path
  }
}

type Observe = (request: IncomingMessage, response: ServerResponse, handler: string) => void

function observeRequests(metrics: Registry, clock: Clock): Observe {
  const seconds = metrics.register(
    new HistogramVec({
      name: 'alertmanager_http_request_duration_seconds',
      help: 'Histogram of latencies for HTTP requests.',
      labelNames: ['handler', 'method', 'code'],
      bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    }),
  )
  const sizes = metrics.register(
    new HistogramVec({
      name: 'alertmanager_http_response_size_bytes',
      help: 'Histogram of response size for HTTP requests.',
      labelNames: ['handler', 'method'],
      bounds: [100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8],
    }),
  )
  return (request, response, handler) => {
    const startedMs = clock.monotonic()
    const method = (request.method ?? 'GET').toLowerCase()
    response.once('finish', () => {
      const code = String(response.statusCode)
      seconds.of(handler, method, code).observe((clock.monotonic() - startedMs) / 1000)
      // Compat: the sizes of API answers are not counted.
      if (handler.startsWith('/api/')) return
      const size = Number(response.getHeader('content-length') ?? 0)
      sizes.of(handler, method).observe(size)
    })
  }
}
