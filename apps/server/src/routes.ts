/** Every path of the server and what answers it. */
import type { BuildInfo } from '@prom/daemon'
import { addProfileRoutes, createMetricsPage, type MetricsPageOptions } from '@prom/daemon'
import {
  type HttpHandler,
  type HttpServer,
  respondError,
  respondRedirect,
  respondText,
} from '@prom/http'
import type { MetricFamily } from '@prom/metrics'
import { engineFromFeatures, type Queries, type QueryControl } from '@prom/query'
import type { AnchoredRegex } from '@prom/regex'
import type { Clock, Logger } from '@prom/runtime'
import type { Ingest, IngestControl } from '@prom/scrape'
import { type AdminStorage, createAdmin } from './api/admin.ts'
import { ApiError } from './api/api-error.ts'
import { createBlocks } from './api/blocks.ts'
import { createHandler, createOptionsHandler, type Endpoint } from './api/envelope.ts'
import { createQueryExemplars } from './api/exemplars.ts'
import { createFormatQuery, createParseQuery } from './api/expressions.ts'
import { createFeatures, type FeaturesOptions } from './api/features.ts'
import { createLiveNotices } from './api/live-notices.ts'
import { createOpenApi } from './api/openapi.ts'
import { refuseOtlp } from './api/otlp.ts'
import { createQuery, createQueryRange } from './api/query.ts'
import { createAlerts, createRules, type RulesView } from './api/rules.ts'
import { createCancelQuery, createRunningQueries } from './api/running-queries.ts'
import { createRelabelSteps, createScrapePoolConfig, type JobsView } from './api/scrape-jobs.ts'
import { createSelfMetrics } from './api/self-metrics.ts'
import { createLabels, createLabelValues, createSeries } from './api/series.ts'
import {
  type AlertmanagersView,
  createAlertmanagers,
  createBuildStatus,
  createConfigStatus,
  createFlagsStatus,
  createNotifications,
  createReplayStatus,
  createRuntimeStatus,
  createTsdbStatus,
  type ServerFacts,
} from './api/status.ts'
import {
  createMetadata,
  createScrapePools,
  createTargets,
  createTargetsMetadata,
  type PoolsView,
} from './api/targets.ts'
import { createWrite, refuseWrite } from './api/write.ts'
import type { Notices } from './notices.ts'
import { addPages, type PagesOptions } from './pages.ts'
import type { Readiness } from './readiness.ts'

export interface RoutesDeps {
  readonly prefix: string
  /** Agent mode: no queries, no rules, no alerts. */
  readonly isAgent: boolean
  readonly clock: Clock
  readonly log: Logger
  readonly corsOrigin: AnchoredRegex
  readonly readiness: Readiness
  readonly queries: Queries & QueryControl
  readonly ingest: Ingest
  readonly exemplars: Pick<IngestControl, 'exemplars'>
  readonly pools: PoolsView
  readonly rules: RulesView
  readonly alertmanagers: AlertmanagersView
  readonly facts: ServerFacts
  readonly build: BuildInfo
  readonly flags: Readonly<Record<string, string>>
  readonly configYaml: () => string
  readonly notices: Notices
  readonly subscribersMax: number
  readonly replay: () => { min: number; max: number; current: number }
  readonly metricsPage: MetricsPageOptions
  /** What `/metrics` shows. */
  readonly ownMetrics: () => Promise<readonly MetricFamily[]>
  readonly jobs: JobsView
  readonly features: FeaturesOptions
  readonly storageFolder: string
  readonly federate: HttpHandler
  readonly read: HttpHandler
  /** Undefined: refused, as without its flag. */
  readonly otlp: HttpHandler | undefined
  readonly consoles: HttpHandler
  /** Undefined: refused, as without its flag; so are the next. */
  readonly adminStorage: AdminStorage | undefined
  readonly acceptedMessages: readonly string[] | undefined
  readonly reload: HttpHandler | undefined
  readonly quit: (() => void) | undefined
  readonly pages: PagesOptions
}

const refuseSearch: Endpoint = () => {
  throw new ApiError('unavailable', 'search API disabled')
}

const refuseDeletion: Endpoint = () => {
  throw new ApiError('internal', 'not implemented')
}

/** Endpoints of parts that an agent does not have. */
const SERVER_ONLY = new Set([
  ...['/query', '/query_range', '/query_exemplars', '/format_query', '/parse_query'],
  ...['/series', '/labels', '/label/:name/values', '/alertmanagers', '/rules', '/alerts'],
  ...['/status/tsdb', '/status/tsdb/blocks'],
])

const refuseInAgent: Endpoint = () => {
  throw new ApiError('execution', 'unavailable with Prometheus Agent')
}

const refuseLogOnly: HttpHandler = (_request, response) =>
  respondError(response, 500, 'unsupported operation with WAL-only storage')

const GET = ['GET']
const GET_POST = ['GET', 'POST']

export function addRoutes(http: HttpServer, deps: RoutesDeps): void {
  // Compat: a slash in a label name, escaped or not, makes a path that nobody has.
  http.filter((request, response) => {
    if (!/\/api\/v1\/label\/[^/?]*%2f/i.test(request.url ?? '')) return true
    respondError(response, 404, '404 page not found')
    return false
  })
  addApi(http, deps)
  addLifecycle(http, deps)
  const { prefix, readiness } = deps
  http.raw('GET', `${prefix}/metrics`, createMetricsPage(deps.metricsPage), '/metrics')
  http.raw(
    'GET',
    `${prefix}/federate`,
    readiness.gate(deps.isAgent ? refuseLogOnly : deps.federate),
    '/federate',
  )
  const consoles = readiness.gate(deps.consoles)
  http.route('GET', `${prefix}/consoles/{*path}`, consoles, '/consoles/*filepath')
  http.route('GET', `${prefix}/version`, (_request, response) =>
    respondText(response, 200, `${JSON.stringify(deps.build)}\n`),
  )
  addProfileRoutes(http, prefix, deps.clock)
  addFolders(http, prefix)
  addPages(http, prefix, deps.pages)
}

/** Paths that are folders, asked for without their slash. */
function addFolders(http: HttpServer, prefix: string): void {
  const redirect: HttpHandler = (request, response) => {
    const [path, ...query] = (request.url ?? '').split('?')
    respondRedirect(request, response, [`${path}/`, ...query].join('?'))
  }
  const refuse: HttpHandler = (_request, response) =>
    respondError(response, 404, '404 page not found')
  const all = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']
  for (const folder of ['/api/v1', '/debug']) {
    http.route(folder === '/debug' ? 'GET' : all, prefix + folder, redirect, `${folder}/`)
    // Else the router would lead back.
    http.route(all, `${prefix}${folder}/`, refuse, `${folder}/`)
  }
}

function addApi(http: HttpServer, deps: RoutesDeps): void {
  const { prefix, queries, ingest, pools, readiness, facts } = deps
  const targets = { ingest, pools }
  const { parse } = engineFromFeatures(deps.features.enabled)
  const table: readonly (readonly [string, readonly string[], Endpoint])[] = [
    ['/query', GET_POST, createQuery(deps)],
    ['/query_range', GET_POST, createQueryRange(deps)],
    ['/query/running', GET, createRunningQueries(deps)],
    ['/query/cancel', ['POST'], createCancelQuery(deps)],
    ['/query_exemplars', GET_POST, createQueryExemplars(deps.exemplars, parse)],
    ['/format_query', GET_POST, createFormatQuery(parse)],
    ['/parse_query', GET_POST, createParseQuery(parse)],
    ['/series', GET_POST, createSeries(queries)],
    ['/series', ['DELETE'], refuseDeletion],
    ['/labels', GET_POST, createLabels(queries)],
    ['/label/:name/values', GET, createLabelValues(queries)],
    ['/metadata', GET, createMetadata(targets)],
    ['/targets', GET, createTargets(targets)],
    ['/targets/metadata', GET, createTargetsMetadata(targets)],
    ['/scrape_pools', GET, createScrapePools(pools)],
    ['/alertmanagers', GET, createAlertmanagers(deps.alertmanagers)],
    ['/rules', GET, createRules(deps.rules)],
    ['/alerts', GET, createAlerts(deps.rules)],
    ['/search/metric_names', GET_POST, refuseSearch],
    ['/search/label_names', GET_POST, refuseSearch],
    ['/search/label_values', GET_POST, refuseSearch],
    ['/status/config', GET, createConfigStatus(deps.configYaml)],
    ['/status/runtimeinfo', GET, createRuntimeStatus(facts)],
    ['/status/buildinfo', GET, createBuildStatus(deps.build)],
    ['/status/flags', GET, createFlagsStatus(deps.flags)],
    ['/scrape_pools/config', GET, createScrapePoolConfig(deps.jobs)],
    ['/targets/relabel_steps', GET, createRelabelSteps(deps.jobs)],
    ['/features', GET, createFeatures(deps.features)],
    ['/status/self_metrics', GET, createSelfMetrics(deps.ownMetrics)],
    ['/status/tsdb/blocks', GET, createBlocks(deps.pages.files, deps.storageFolder)],
    ['/status/tsdb', GET, createTsdbStatus(ingest, queries)],
  ]
  for (const [path, methods, served] of table) {
    const endpoint = deps.isAgent && SERVER_ONLY.has(path) ? refuseInAgent : served
    const handler = readiness.gate(createHandler(endpoint, deps))
    const full = `${prefix}/api/v1${path}`
    for (const method of methods) {
      if (path.includes(':')) http.route(method, full, handler, `/api/v1${path}`)
      else http.raw(method, full, handler, `/api/v1${path}`)
    }
  }
  const always = (path: string, endpoint: Endpoint) =>
    http.raw('GET', `${prefix}/api/v1${path}`, createHandler(endpoint, deps), `/api/v1${path}`)
  always('/status/walreplay', createReplayStatus(deps.replay))
  always(
    '/notifications',
    createNotifications(() => deps.notices.active()),
  )
  const openApi = '/api/v1/openapi.yaml'
  http.raw('GET', prefix + openApi, readiness.gate(createOpenApi(deps.build.version)), openApi)
  const live = '/api/v1/notifications/live'
  http.raw('GET', prefix + live, createLiveNotices(deps), live)

  const write = deps.acceptedMessages ? createWrite(ingest, deps.acceptedMessages) : refuseWrite
  http.raw('POST', `${prefix}/api/v1/write`, readiness.gate(write), '/api/v1/write')
  http.raw(
    'POST',
    `${prefix}/api/v1/otlp/v1/metrics`,
    readiness.gate(deps.otlp ?? refuseOtlp),
    '/api/v1/otlp',
  )
  http.raw(
    'POST',
    `${prefix}/api/v1/read`,
    readiness.gate(deps.isAgent ? refuseLogOnly : deps.read),
    '/api/v1/read',
  )
  const admin = createAdmin(deps.adminStorage)
  for (const [name, endpoint] of [
    ['delete_series', admin.deleteSeries],
    ['clean_tombstones', admin.cleanTombstones],
    ['snapshot', admin.snapshot],
  ] as const) {
    const path = `/api/v1/admin/tsdb/${name}`
    const handler = readiness.gate(createHandler(deps.isAgent ? refuseInAgent : endpoint, deps))
    http.route(['POST', 'PUT'], prefix + path, handler, path)
  }
  const options = createOptionsHandler(deps)
  http.filter((request, response) => {
    const isAsked = request.method === 'OPTIONS' && request.url?.startsWith(`${prefix}/api/v1/`)
    if (isAsked) void options(request, response)
    return !isAsked
  })
}

function addLifecycle(http: HttpServer, deps: RoutesDeps): void {
  const { prefix, readiness } = deps
  const title = deps.isAgent ? 'Prometheus Agent' : 'Prometheus Server'
  http.route('GET', `${prefix}/-/healthy`, (_request, response) =>
    respondText(response, 200, `${title} is Healthy.\n`),
  )
  const ready = readiness.gate((_request, response) =>
    respondText(response, 200, `${title} is Ready.\n`),
  )
  http.route('GET', `${prefix}/-/ready`, ready)
  const head: HttpHandler = (_request, response) => {
    response.writeHead(200).end()
  }
  http.route('HEAD', `${prefix}/-/healthy`, head)
  http.route('HEAD', `${prefix}/-/ready`, readiness.gate(head))

  const refuse: HttpHandler = (_request, response) =>
    respondText(response, 403, 'Lifecycle API is not enabled.')
  const quit: HttpHandler | undefined =
    deps.quit &&
    ((_request, response) => {
      respondText(response, 200, 'Requesting termination... Goodbye!')
      deps.quit?.()
    })
  for (const [name, handler] of [
    ['reload', deps.reload],
    ['quit', quit],
  ] as const) {
    http.route(['POST', 'PUT'], `${prefix}/-/${name}`, handler ?? refuse)
    http.route('GET', `${prefix}/-/${name}`, (_request, response) =>
      respondText(response, 405, 'Only POST or PUT requests allowed'),
    )
  }
}
