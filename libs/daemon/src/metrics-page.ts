/** `/metrics`: our own families, in the format and encoding the reader asks for. */
import { exposeFamilies, negotiateFormat } from '@prom/exposition'
import { type HttpHandler, respondError, respondMetrics } from '@prom/http'
import { CounterVec, Gauge, type MetricFamily, mergeFamilies, type Registry } from '@prom/metrics'
import type { Logger } from '@prom/runtime'

/** Compat: never OpenMetrics. */
const OFFERED = ['text', 'protobuf'] as const

export interface MetricsPageOptions {
  readonly metrics: Registry
  readonly log: Logger
  /** More families, asked for at each scrape: those of other threads, pushed groups, collectors. */
  readonly more?: (request: Parameters<HttpHandler>[0]) => Promise<readonly MetricFamily[]>
  /** Scrapes at the same time; more are answered 503. 0: no limit. */
  readonly requestsMax?: number
}

/** The handler, which also counts itself as promhttp does. */
export function createMetricsPage(options: MetricsPageOptions): HttpHandler {
  const { metrics, log, more, requestsMax = 0 } = options
  let inFlight = 0
  metrics.register(
    new Gauge(
      {
        name: 'promhttp_metric_handler_requests_in_flight',
        help: 'Current number of scrapes being served.',
      },
      () => inFlight,
    ),
  )
  const requests = metrics.register(
    new CounterVec({
      name: 'promhttp_metric_handler_requests_total',
      help: 'Total number of scrapes by HTTP status code.',
      labelNames: ['code'],
    }),
  )
  for (const code of ['200', '500', '503']) requests.of(code)

  return async (request, response) => {
    if (requestsMax > 0 && inFlight >= requestsMax) {
      requests.of('503').inc()
      const text = `Limit of concurrent requests reached (${requestsMax}), try again later.`
      respondError(response, 503, text)
      return
    }
    inFlight++
    try {
      const families = mergeFamilies([...metrics.gather(), ...((await more?.(request)) ?? [])])
      const format = negotiateFormat(request.headers.accept, OFFERED)
      const body = exposeFamilies(families, format)
      await respondMetrics(request, response, { contentType: format.contentType, body })
      requests.of('200').inc()
    } catch (err) {
      requests.of('500').inc()
      log.error('error gathering metrics', { err })
      if (response.headersSent) response.destroy()
      else {
        const message = err instanceof Error ? err.message : String(err)
        respondError(response, 500, `An error has occurred while serving metrics:\n\n${message}`)
      }
    } finally {
      inFlight--
    }
  }
}
