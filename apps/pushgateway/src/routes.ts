/** Which path is answered by what. */
import { addProfileRoutes, type BuildInfo } from '@prom/daemon'
import {
  cleanPath,
  type HttpHandler,
  type HttpServer,
  refusePath,
  respond,
  respondCompressed,
  respondError,
  respondRedirect,
  respondText,
} from '@prom/http'
import type { Registry } from '@prom/metrics'
import type { PushStore } from '@prom/push-store'
import { type Clock, inSlices, type Logger } from '@prom/runtime'
import { createMetricsHandler } from './api/metrics.ts'
import { createDeleteHandler, createPushHandler } from './api/push.ts'
import { answerMetrics, answerOptions, answerStatus, answerWipe } from './api/v1.ts'
import { describeFlags, type Flags } from './flags.ts'
import { printPage } from './page.ts'
import { SCRIPT, STYLE } from './page-assets.ts'
import { PathRouter } from './path-router.ts'
import { RequestMetrics } from './request-metrics.ts'
import { decodePath } from './request-path.ts'

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
  const { flags, prefix, clock, log } = deps
  const counts = new RequestMetrics(deps.metrics, clock)
  const router = new PathRouter()
  addPages(router, deps, counts)
  addPushRoutes(router, deps, counts)
  addProfileRoutes(http, prefix, clock)
  router.add('GET', `${prefix}/debug/pprof/*name`, PASS)
  const api = createApi(deps, counts)

  // Paths of pushes are free text, so all are taken before any other router sees them.
  http.filter((request, response) => {
    const { method = '' } = request
    const [raw = '/', query] = (request.url ?? '/').split('?', 2) as [string, string?]
    if (raw === '*' && method === 'OPTIONS') {
      response.writeHead(200, { 'Content-Length': 0 }).end()
      return false
    }
    const path = decodePath(raw)
    if (path === undefined) {
      refusePath(response)
      return false
    }
    const clean = cleanPath(path)
    const isCut = prefix !== '' && path === prefix
    if (clean !== path || isCut || path === `${prefix}/api/v1`) {
      const location = encodePath(clean === path ? `${path}/` : clean)
      respondRedirect(request, response, location + (query === undefined ? '' : `?${query}`))
      return false
    }
    // Compat: what the original's router makes of it.
    if (path === `${prefix}/metrics/job/` && /^(PUT|POST|DELETE)$/.test(method)) {
      respondRedirect(request, response, `${prefix}/metrics/job`, 307)
      return false
    }
    const apiPath = path.startsWith(`${prefix}/api/v1/`) && path.slice(`${prefix}/api/v1`.length)
    const found = apiPath ? api.find(method, apiPath) : router.find(method, path)
    if (!found) respondError(response, 404, '404 page not found')
    else if ('location' in found) {
      const code = method === 'GET' ? 301 : 307
      respondRedirect(request, response, encodePath(found.location), code)
    } else if ('allow' in found) {
      response.setHeader('Allow', found.allow.join(', '))
      if (method === 'OPTIONS') response.writeHead(200, { 'Content-Length': 0 }).end()
      else respondError(response, 405, 'Method Not Allowed')
    } else if (found.handler === PASS) return true
    else {
      Promise.resolve(found.handler(found.values, request, response)).catch((err: unknown) => {
        if (request.destroyed || response.headersSent) {
          // The client went away in the middle of its body, or of the answer.
          log.debug('Request failed', { err })
          response.destroy()
          return
        }
        log.error('HTTP handler failed', { method, path, err })
        respondError(response, 500, 'Internal Server Error')
      })
    }
    return false
  })

  function createApi({ store, build, startTimeMs }: RouteDeps, counted: RequestMetrics) {
    const routes = new PathRouter()
    const add = (method: string, path: string, name: string, handler: HttpHandler) => {
      const one = counted.count(name, handler)
      routes.add(method, path, (_values, request, response) => one(request, response))
    }
    const flagTexts = describeFlags(flags)
    add('GET', '/status', 'api/v1/status', (_request, response) =>
      answerStatus(response, build, flagTexts, startTimeMs),
    )
    add('GET', '/metrics', 'api/v1/metrics', (_request, response) =>
      answerMetrics(response, store, clock),
    )
    if (flags.enableAdminApi) {
      add('PUT', '/admin/wipe', 'wipe', (_request, response) => answerWipe(response, store))
    }
    add('OPTIONS', '/*path', 'api/v1/options', (_request, response) => answerOptions(response))
    return routes
  }
}

/** Is served by what the server has besides. */
const PASS = () => {}

function addPages(router: PathRouter, deps: RouteDeps, counts: RequestMetrics): void {
  const { flags, prefix, store, build, clock, startTimeMs, quit } = deps
  const add = (method: string, path: string, handler: HttpHandler) =>
    router.add(method, path, (_values, request, response) => handler(request, response))
  const route = (path: string, name: string, handler: HttpHandler) =>
    add('GET', prefix + path, counts.count(name, handler))
  add('GET', prefix + flags.telemetryPath, createMetricsHandler(deps))
  const isOk: HttpHandler = (_request, response) => respondText(response, 200, 'OK')
  route('/-/healthy', 'healthy', isOk)
  route('/-/ready', 'ready', isOk)
  for (const method of ['PUT', 'POST']) {
    add(method, `${prefix}/-/quit`, (_request, response) => {
      if (!flags.enableLifecycle) {
        respondError(response, 403, 'Lifecycle API is not enabled.')
        return
      }
      respondText(response, 200, 'Requesting termination... Goodbye!')
      quit()
    })
  }
  // Compat: without the prefix.
  add('GET', '/-/quit', (_request, response) =>
    respondText(response, 405, 'Only POST or PUT requests allowed.'),
  )
  const page: HttpHandler = async (request, response) => {
    const work = printPage({
      prefix: deps.linkPrefix,
      telemetryPath: flags.telemetryPath,
      groups: [...store.groups()],
      hasAdminApi: flags.enableAdminApi,
      flags: describeFlags(flags),
      build: { version: build.version, revision: build.revision, branch: build.branch },
      startTimeMs,
    })
    const body = (await inSlices(work, clock)).map((piece) => Buffer.from(piece))
    const contentType = 'text/html; charset=utf-8'
    await respondCompressed(request, response, { contentType, headers: PAGE_HEADERS, body })
  }
  route('/', 'status', page)
  route('/status', 'status', page)
  const headers = { 'X-Content-Type-Options': 'nosniff' }
  const assets: Readonly<Record<string, { contentType: string; body: string }>> = {
    'page.css': { contentType: 'text/css; charset=utf-8', body: STYLE },
    'page.js': { contentType: 'text/javascript; charset=utf-8', body: SCRIPT },
  }
  router.add('GET', `${prefix}/static/*file`, ([file = ''], request, response) =>
    counts.count('static', () => {
      const asset = Object.hasOwn(assets, file) ? assets[file] : undefined
      if (asset) return respond(response, { ...asset, headers })
      respondError(response, 404, '404 page not found')
    })(request, response),
  )
}

function addPushRoutes(router: PathRouter, deps: RouteDeps, counts: RequestMetrics): void {
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
  for (const isJobBase64 of [false, true]) {
    const job = `${prefix}/metrics/job${isJobBase64 ? '@base64' : ''}/:job`
    const pathOf = ([name = '', rest]: readonly string[]) => ({
      job: name,
      isJobBase64,
      rest: rest === undefined ? '' : `/${rest}`,
    })
    for (const pattern of [job, `${job}/*labels`]) {
      for (const method of ['PUT', 'POST']) {
        router.add(method, pattern, (values, ...rest) =>
          counts.countPush((...args) => push(pathOf(values), ...args))(...rest),
        )
      }
      router.add('DELETE', pattern, (values, ...rest) =>
        counts.count('delete', (...args) => remove(pathOf(values), ...args))(...rest),
      )
    }
  }
}

function encodePath(path: string): string {
  const parts = path.split(/([\udc00-\udfff])/u)
  return parts
    .map((part, i) =>
      i % 2 === 1
        ? `%${(part.charCodeAt(0) - 0xdc00).toString(16)}`
        : encodeURI(part).replace(/[?#]/g, encodeURIComponent),
    )
    .join('')
}
