/** What every daemon is made of, so that its `main.ts` holds only what is its own. */
import { HttpServer, type HttpServerOptions, ListenError, respondText } from '@prom/http'
import { CounterVec, createProcessMetrics, HistogramVec, Registry } from '@prom/metrics'
import {
  createLogger,
  Group,
  type Host,
  type LogFormat,
  type LogLevel,
  type RootLogger,
} from '@prom/runtime'
import { createBuildInfoMetric } from './build-info.ts'
import { reportTo } from './service-report.ts'

export interface DaemonOptions {
  /** `pushgateway`: the metrics' prefix. */
  readonly name: string
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
  readonly http: HttpServerOptions
  /** Requests by handler and code are counted as `<prefix>_http_requests_total` and so on; absent: not. */
  readonly httpMetricsPrefix?: string
}

export interface Daemon {
  readonly log: RootLogger
  readonly metrics: Registry
  readonly http: HttpServer
  readonly group: Group
  /**
   * Starts the parts in order, runs until the host says stop or a part fails, stops them in reverse. Resolves
   * with the exit code; what failed has been logged.
   */
  run(onReady?: () => void): Promise<number>
}

/** Log, metrics (process, build), HTTP server; parts are added to `group` by the caller, `http` included. */
export function createDaemon(options: DaemonOptions, host: Host): Daemon {
  const { name, logLevel, logFormat } = options
  const log = createLogger(
    { level: logLevel, format: logFormat },
    (line) => host.stderr.write(line),
    host.clock,
  )
  const metrics = new Registry()
  metrics.register(createProcessMetrics(host.process))
  metrics.register(createBuildInfoMetric(name, host.process))
  const counters = options.httpMetricsPrefix && countRequests(options.httpMetricsPrefix, metrics)
  const observe = counters && { observe: counters.observe }
  const http = new HttpServer(options.http, { clock: host.clock, log, ...observe })
  const group = new Group()
  return {
    log,
    metrics,
    http,
    group,
    run: async (onReady) => {
      if (counters) counters.init(http.names())
      const { signals, serviceManager } = host
      const service = serviceManager && reportTo(serviceManager, host.clock)
      signals.stop.addEventListener('abort', () => service?.stopping(), { once: true })
      try {
        await group.run(signals.stop, () => {
          onReady?.()
          service?.ready()
        })
        return 0
      } catch (err) {
        if (err instanceof ListenError) {
          log.error('Unable to start web listener', { err, flag: err.flag })
        } else {
          log.error('Fatal error', { err })
        }
        return 1
      } finally {
        service?.end()
      }
    },
  }
}

/** `GET` and `HEAD` of `/-/healthy` and `/-/ready` with the originals' bodies. */
export function addHealthRoutes(
  http: HttpServer,
  prefix: string,
  bodies: { readonly healthy: string; readonly ready: string },
  isReady: () => boolean = () => true,
): void {
  http.route('GET', `${prefix}/-/healthy`, (_request, response) =>
    respondText(response, 200, bodies.healthy),
  )
  http.route('HEAD', `${prefix}/-/healthy`, (_request, response) => {
    response.writeHead(200).end()
  })
  http.route('GET', `${prefix}/-/ready`, (_request, response) =>
    isReady()
      ? respondText(response, 200, bodies.ready)
      : respondText(response, 503, 'Service Unavailable'),
  )
  http.route('HEAD', `${prefix}/-/ready`, (_request, response) => {
    response.writeHead(isReady() ? 200 : 503).end()
  })
}

function countRequests(prefix: string, metrics: Registry) {
  const requests = metrics.register(
    new CounterVec({
      name: `${prefix}_http_requests_total`,
      help: 'Counter of HTTP requests.',
      labelNames: ['handler', 'code'],
    }),
  )
  const seconds = metrics.register(
    new HistogramVec({
      name: `${prefix}_http_request_duration_seconds`,
      help: 'Histogram of latencies for HTTP requests.',
      labelNames: ['handler'],
      bounds: [0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120],
    }),
  )
  const sizes = metrics.register(
    new HistogramVec({
      name: `${prefix}_http_response_size_bytes`,
      help: 'Histogram of response size for HTTP requests.',
      labelNames: ['handler'],
      bounds: [100, 1000, 10_000, 100_000, 1e6, 1e7, 1e8, 1e9],
    }),
  )
  return {
    /** Compat: every handler is there from the start, with no answers yet. */
    init: (handlers: readonly string[]) => {
      for (const handler of handlers) requests.of(handler, '200')
    },
    observe: (handler: string, code: number, duration: number, bytes: number) => {
      requests.of(handler, String(code)).inc()
      seconds.of(handler).observe(duration)
      sizes.of(handler).observe(bytes)
    },
  }
}
