/** Which path is answered by what. */
import { addProfileRoutes, type BuildInfo, escapeHtml } from '@prom/daemon'
import {
  type HttpHandler,
  type HttpServer,
  respond,
  respondCompressed,
  respondError,
  respondText,
} from '@prom/http'
import type { Registry } from '@prom/metrics'
import type { PushPath, PushStore } from '@prom/push-store'
import { type Clock, inSlices, type Logger } from '@prom/runtime'
import { createMetricsHandler } from './api/metrics.ts'
import { createDeleteHandler, createPushHandler } from './api/push.ts'
import { answerMetrics, answerOptions, answerStatus, answerWipe } from './api/v1.ts'
import { describeFlags, type Flags } from './flags.ts'
import { printPage } from './page.ts'
import { SCRIPT, STYLE } from './page-assets.ts'
import { RequestMetrics } from './request-metrics.ts'

export interface RouteDeps {
  readonly flags: Flags
  /** Below which paths are served; empty or `/x`. */
  readonly prefix: string
  /** Of links; the path of the external URL. */
  readonly linkPrefix: string
  readonly store: PushStore
  readonly metrics: Registry
  readonly build: BuildInfo
  readonly clock: Clock
  readonly startTimeMs: number
  readonly log: Logger
  /** For hashes of what is pushed. */
  readonly seed: number
  /** Ends the program. */
  readonly quit: () => void
}

/** Nothing of the page comes from elsewhere, and nothing that was pushed can run in it. */
const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
} as const

export function addRoutes(http: HttpServer, deps: RouteDeps): void {
  const { flags, prefix, store, metrics, clock, build, quit } = deps
  const counts = new RequestMetrics(metrics, clock)
  const { startTimeMs } = deps
  addPushRoutes(http, deps, counts)
  addProfileRoutes(http, prefix, clock)
  http.raw('GET', prefix + flags.telemetryPath, createMetricsHandler(deps))

  const route = (method: string, path: string, name: string, handler: HttpHandler) =>
    http.raw(method, prefix + path, counts.count(name, handler))
  const isOk: HttpHandler = (_request, response) => respondText(response, 200, 'OK')
  route('GET', '/-/healthy', 'healthy', isOk)
  route('GET', '/-/ready', 'ready', isOk)
  for (const method of ['PUT', 'POST']) {
    http.raw(method, `${prefix}/-/quit`, (_request, response) => {
      if (!flags.enableLifecycle) {
        respondError(response, 403, 'Lifecycle API is not enabled.')
        return
      }
      respondText(response, 200, 'Requesting termination... Goodbye!')
      quit()
    })
  }
  // Compat: without the prefix.
  http.raw('GET', '/-/quit', (_request, response) =>
    respondText(response, 405, 'Only POST or PUT requests allowed.'),
  )
  const flagTexts = describeFlags(flags)
  route('GET', '/api/v1/status', 'api/v1/status', (_request, response) =>
    answerStatus(response, build, flagTexts, startTimeMs),
  )
  route('GET', '/api/v1/metrics', 'api/v1/metrics', (_request, response) =>
    answerMetrics(response, store, clock),
  )
  if (flags.enableAdminApi) {
    route('PUT', '/api/v1/admin/wipe', 'wipe', (_request, response) => answerWipe(response, store))
  }
  const options = counts.count('api/v1/options', (_request, response) => answerOptions(response))
  http.filter((request, response) => {
    const isApi = request.url?.startsWith(`${prefix}/api/v1/`) ?? false
    if (request.method !== 'OPTIONS' || !isApi) return true
    void options(request, response)
    return false
  })
  const page: HttpHandler = async (request, response) => {
    const work = printPage({
      prefix: deps.linkPrefix,
      telemetryPath: flags.telemetryPath,
      groups: [...store.groups()],
      hasAdminApi: flags.enableAdminApi,
      flags: flagTexts,
      build: { version: build.version, revision: build.revision, branch: build.branch },
      startTimeMs,
    })
    const body = (await inSlices(work, clock)).map((piece) => Buffer.from(piece))
    const contentType = 'text/html; charset=utf-8'
    await respondCompressed(request, response, { contentType, headers: PAGE_HEADERS, body })
  }
  route('GET', '/', 'status', page)
  route('GET', '/status', 'status', page)
  const asset = (contentType: string, body: string): HttpHandler => {
    const headers = { 'X-Content-Type-Options': 'nosniff' }
    return (_request, response) => respond(response, { contentType, headers, body })
  }
  route('GET', '/static/page.css', 'static', asset('text/css; charset=utf-8', STYLE))
  route('GET', '/static/page.js', 'static', asset('text/javascript; charset=utf-8', SCRIPT))
  if (prefix !== '') {
    http.raw('GET', prefix, (request, response) => redirect(request, response, `${prefix}/`))
  }
}

const PUSH_METHODS = 'DELETE, OPTIONS, POST, PUT'

/** Paths of pushes are free text, so they are taken before any router sees them. */
function addPushRoutes(http: HttpServer, deps: RouteDeps, counts: RequestMetrics): void {
  const { flags, prefix, store, clock, log, seed } = deps
  const options = {
    store,
    clock,
    log,
    seed,
    isChecked: !flags.disableCheck,
    hasUtf8Names: flags.enableUtf8Names,
  }
  const push = createPushHandler(options)
  const remove = createDeleteHandler(options)
  http.filter((request, response) => {
    const [raw = '/', query] = (request.url ?? '/').split('?', 2) as [string, string?]
    const path = decodePath(raw)
    if (path === undefined) {
      respondError(response, 400, 'Bad Request')
      return false
    }
    const clean = cleanPath(path)
    if (clean !== path) {
      redirect(request, response, encodeURI(clean) + (query === undefined ? '' : `?${query}`))
      return false
    }
    if (path === `${prefix}/metrics/job/`) {
      response.writeHead(307, { Location: `${prefix}/metrics/job`, 'Content-Length': 0 }).end()
      return false
    }
    const pushPath = path.startsWith(prefix) ? parsePushPath(path.slice(prefix.length)) : undefined
    if (!pushPath) return true
    const { method } = request
    let handler: HttpHandler | undefined
    if (method === 'PUT' || method === 'POST') {
      handler = counts.countPush((...args) => push(pushPath, ...args))
    } else if (method === 'DELETE') {
      handler = counts.count('delete', (...args) => remove(pushPath, ...args))
    }
    if (!handler) {
      response.setHeader('Allow', PUSH_METHODS)
      if (method === 'OPTIONS') response.writeHead(200, { 'Content-Length': 0 }).end()
      else respondError(response, 405, 'Method Not Allowed')
      return false
    }
    Promise.resolve(handler(request, response)).catch((err: unknown) => {
      // The client went away in the middle of its body.
      log.debug('Push failed', { err })
      response.destroy()
    })
    return false
  })
}

function parsePushPath(path: string): PushPath | undefined {
  const match = /^\/metrics\/job(@base64)?\/([^/]+)(\/.*)?$/s.exec(path)
  if (!match) return undefined
  return { job: match[2] as string, isJobBase64: match[1] !== undefined, rest: match[3] ?? '' }
}

function decodePath(raw: string): string | undefined {
  try {
    return raw.includes('%') ? decodeURIComponent(raw) : raw
  } catch {
    return undefined
  }
}

/** As Go's router: empty and dot segments go, a slash at the end stays. */
function cleanPath(path: string): string {
  if (!/\/(\/|\.\.?(\/|$))/.test(path)) return path
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const end = /\/\.{0,2}$/.test(path) && kept.length > 0 ? '/' : ''
  return `/${kept.join('/')}${end}`
}

/** As Go's: who reads gets a page with a link. */
function redirect(
  { method }: Parameters<HttpHandler>[0],
  response: Parameters<HttpHandler>[1],
  location: string,
): void {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(301, { Location: location, 'Content-Length': 0 }).end()
    return
  }
  const body = `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`
  response.writeHead(301, {
    Location: location,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}
