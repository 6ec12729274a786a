/** Stand-ins for the threads and managers, so that routes can be asked without them. */
import { Labels } from '@prom/labels'
import { Registry } from '@prom/metrics'
import { ParseError, parseExpr } from '@prom/promql-syntax'
import { type Queries, QueryError, type SelectRequest } from '@prom/query'
import { AnchoredRegex } from '@prom/regex'
import type { Clock, Logger } from '@prom/runtime'
import { createFiles } from '@prom/runtime/node'
import type { Ingest, TargetStatus } from '@prom/scrape'
import { Notices } from '../notices.ts'
import { Readiness } from '../readiness.ts'
import type { RoutesDeps } from '../routes.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

export const fakeClock: Clock = {
  now: () => NOW_MS,
  monotonic: () => 0,
  sleep: async () => {},
  sleepUntil: async () => {},
}

export const quietLog: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => quietLog,
}

/** Remembers what it was asked and answers the same for every query. */
export class FakeQueries implements Queries {
  readonly asked: unknown[] = []

  running() {
    const origin = { httpRequest: { clientIP: '127.0.0.1', method: 'GET', path: '/api/v1/query' } }
    const query = 'up'
    return [
      {
        ...{ id: 7, kind: 'query', query, priority: 'ad-hoc' as const, startedMs: NOW_MS - 1500 },
        ...{ isRunning: true, memoryBytes: 4096, origin },
      },
    ]
  }

  cancel(id: number) {
    return id === 7
  }

  async instant(query: string, timeMs: number, options?: object) {
    this.#check(query)
    this.asked.push({ query, timeMs, ...options })
    if (query === 'slow')
      throw new QueryError('timeout', 'query timed out in expression evaluation')
    return {
      data: [bytes('{"resultType":"vector",'), bytes('"result":[]}')],
      warnings: query === 'warned' ? ['results <cut>'] : [],
      infos: [],
    }
  }

  async range(query: string, range: object, options?: object) {
    this.#check(query)
    this.asked.push({ query, ...range, ...options })
    return { data: [bytes('{"resultType":"matrix","result":[]}')], warnings: [], infos: [] }
  }

  async vector(): Promise<never> {
    throw new Error('not asked by the API')
  }

  async series(request: SelectRequest) {
    this.asked.push(request)
    return { data: [bytes('[{"__name__":"up"}]')], warnings: [], infos: [] }
  }

  async labelNames(request: SelectRequest) {
    this.asked.push(request)
    return {
      names: ['__name__'],
      warnings: request.limit ? ['results truncated due to limit'] : [],
    }
  }

  async labelValues(name: string, request: SelectRequest) {
    this.asked.push({ name, ...request })
    return { values: [name], warnings: [] }
  }

  async remoteRead(request: object) {
    this.asked.push(request)
    return { data: [bytes('packed')], warnings: [], infos: [] }
  }

  async statistics(request: object) {
    this.asked.push(request)
    const name = '"seriesCountByMetricName":[{"name":"up","value":2}]'
    return { data: [bytes(name)], warnings: [], infos: [] }
  }

  async latest(request: object) {
    this.asked.push(request)
    return {
      labels: [
        ['__name__', 'up', 'instance', 'a:1', 'job', 'node'],
        ['__name__', 'alpha', 'site', 'own'],
        ['job', 'nameless'],
      ],
      times: Float64Array.of(NOW_MS, NOW_MS - 5, 1),
      values: Float64Array.of(1, 2.5, 3),
      histograms: new Map(),
      warnings: [],
    }
  }

  #check(query: string): void {
    try {
      parseExpr(query)
    } catch (err) {
      if (err instanceof ParseError) throw new QueryError('bad_data', err.message)
      throw err
    }
  }
}

const target = (pool: string, host: string): TargetStatus => ({
  pool,
  discoveredLabels: ['__address__', host, 'job', pool],
  labels: ['instance', host, 'job', pool],
  scrapeUrl: `http://${host}/metrics`,
  globalUrl: `http://${host}/metrics`,
  health: 'unknown',
  lastError: '',
  lastScrapeMs: 0,
  lastScrapeDurationSeconds: 0,
  scrapeIntervalMs: 15_000,
  scrapeTimeoutMs: 10_000,
  errors: [],
})

const about = (target: string, metric: string, help: string) => ({
  target: ['instance', target, 'job', 'node'],
  metric,
  type: 'gauge',
  help,
  unit: '',
})

export const fakeIngest: Pick<
  Ingest,
  'targets' | 'metadata' | 'headStats' | 'remoteWrite' | 'metrics'
> = {
  targets: async () => [
    target('node', 'a:1'),
    { ...target('app', 'b:2'), health: 'up', lastScrapeMs: NOW_MS, lastScrapeDurationSeconds: 0.5 },
  ],
  metadata: async () => [
    about('a:1', 'up', 'Up.'),
    about('b:2', 'up', 'Up.'),
    about('b:2', 'up', 'Is up.'),
    about('a:1', 'down', 'Down.'),
  ],
  headStats: async () => ({
    series: 0,
    chunks: 0,
    minTimeMs: Infinity,
    maxTimeMs: -Infinity,
    labelPairs: 0,
    symbols: 0,
  }),
  remoteWrite: async (body) =>
    body.length > 0
      ? { status: 204, error: '', isDecoded: true, samples: 1, histograms: 0, exemplars: 0 }
      : {
          ...{ status: 400, error: 'snappy: corrupt input', isDecoded: false },
          ...{ samples: 0, histograms: 0, exemplars: 0 },
        },
  metrics: async () => [
    {
      name: 'prometheus_tsdb_head_series',
      help: 'Total number of series in the head block.',
      type: 'gauge',
      points: [{ labels: [], value: 7 }],
    },
  ],
}

const alert = {
  labels: Labels.from({ alertname: 'Down', instance: 'a:1' }),
  annotations: Labels.from({ summary: 'a <down>' }),
  state: 'firing',
  value: 0,
  activeAtMs: NOW_MS,
  keepFiringSinceMs: 0,
}

const outcome = { health: 'ok', lastError: '', lastEvaluationMs: NOW_MS, evaluationSeconds: 0.25 }

export const fakeRules = {
  groups: () => [
    {
      name: 'g1',
      file: 'r.yml',
      intervalMs: 5000,
      limit: 0,
      evaluationSeconds: 0.5,
      lastEvaluationMs: NOW_MS,
      rules: [
        {
          ...outcome,
          type: 'recording' as const,
          name: 'job:up:sum',
          query: 'sum by (job) (up)',
          labels: Labels.from({}),
        },
        {
          ...outcome,
          type: 'alerting' as const,
          name: 'Down',
          query: 'up == 0',
          labels: Labels.from({ severity: 'page' }),
          annotations: Labels.from({ summary: 'a {{ $value }}' }),
          forMs: 5000,
          keepFiringForMs: 0,
          state: 'firing',
          alerts: [alert],
        },
      ],
    },
    {
      name: 'g2',
      file: 'r.yml',
      intervalMs: 60_000,
      limit: 0,
      evaluationSeconds: 0,
      lastEvaluationMs: 0,
      rules: [
        {
          ...outcome,
          type: 'recording' as const,
          name: 'bad',
          query: 'x',
          labels: Labels.from({}),
          health: 'err',
          lastError: 'no',
        },
      ],
    },
  ],
}

export function fakeRoutes(over: Partial<RoutesDeps> = {}): RoutesDeps & { queries: FakeQueries } {
  const metrics = new Registry()
  const readiness = new Readiness()
  readiness.markReady()
  const queries = new FakeQueries()
  return {
    prefix: '',
    clock: fakeClock,
    log: quietLog,
    corsOrigin: AnchoredRegex.compile('.*'),
    readiness,
    queries,
    ingest: fakeIngest as Ingest,
    exemplars: {
      exemplars: async () => [
        {
          labels: ['__name__', 'up'],
          exemplars: [{ labels: ['trace', 'x'], value: 1.5, timeMs: 1_700_000_000_250 }],
        },
      ],
    },
    pools: {
      pools: () => ['node', 'app'],
      dropped: () => [{ pool: 'app', discoveredLabels: ['__address__', 'c:3'] }],
      droppedCounts: () => ({ node: 0, app: 1 }),
    },
    rules: fakeRules,
    alertmanagers: { activeUrls: () => ['http://am/api/v2/alerts'], droppedUrls: () => [] },
    facts: {
      startTimeMs: NOW_MS,
      cwd: '/',
      hostname: 'host',
      storageRetention: () => '15d',
      now: () => NOW_MS,
      isLastReloadSuccessful: () => true,
      lastReloadMs: () => NOW_MS,
      gogc: () => '75',
    },
    build: {
      version: '1',
      revision: '',
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
    },
    flags: { 'config.file': 'p.yml', 'web.enable-admin-api': 'false' },
    configYaml: () => 'global:\n  scrape_interval: 1m\n',
    notices: new Notices(fakeClock, metrics),
    subscribersMax: 1,
    replay: () => ({ min: 0, max: 3, current: 1 }),
    metricsPage: { metrics, log: quietLog, more: () => fakeIngest.metrics() },
    ownMetrics: () => fakeIngest.metrics(),
    federate: (_request, response) => {
      response.end('federated')
    },
    otlp: undefined,
    isAgent: false,
    read: (_request, response) => {
      response.end('read')
    },
    consoles: (_request, response) => {
      response.end('console')
    },
    jobs: () => [],
    storageFolder: '/none',
    features: {
      isLifecycleOn: false,
      isAdminOn: true,
      isWriteReceiverOn: false,
      isOtlpOn: false,
      isAgent: false,
      isAutoReloadOn: false,
      enabled: new Set(['promql-experimental-functions']),
    },
    adminStorage: undefined,
    acceptedMessages: undefined,
    reload: undefined,
    quit: undefined,
    pages: {
      files: createFiles(),
      uiFolder: '/none',
      userFolder: undefined,
      title: 'Title <b>',
      version: '1',
      externalPath: '',
    },
    ...over,
  } as RoutesDeps & { queries: FakeQueries }
}
