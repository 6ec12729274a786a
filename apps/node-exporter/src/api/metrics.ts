/** GET /metrics: which collectors run, what they say, and how the handler counts itself. */
import type { CollectorSet } from '@prom/collectors'
import { exposeFamilies, negotiateFormat } from '@prom/exposition'
import { type HttpHandler, queryOf, respondError, respondMetrics, respondText } from '@prom/http'
import { CounterVec, combineFamilies, Gauge, type Registry } from '@prom/metrics'
import type { Logger } from '@prom/runtime'

export interface MetricsOptions {
  readonly set: CollectorSet
  /** Names of all collectors there are, enabled or not. */
  readonly known: ReadonlySet<string>
  /** The metrics always shown, and those about the exporter itself. */
  readonly build: Registry
  readonly own: Registry | undefined
  readonly requestsMax: number
  readonly log: Logger
}

export function createMetricsHandler(options: MetricsOptions): HttpHandler {
  const { set, build, own, requestsMax, log } = options
  const counts = countHandler(own)
  let inFlight = 0
  counts.inFlight(() => inFlight)

  return async (request, response) => {
    if (requestsMax > 0 && inFlight >= requestsMax) {
      counts.requests?.of('503').inc()
      respondError(
        response,
        503,
        `Limit of concurrent requests reached (${requestsMax}), try again later.`,
      )
      return
    }
    inFlight++
    try {
      const query = queryOf(request)
      const names = chooseCollectors(options, query.getAll('collect[]'), query.getAll('exclude[]'))
      if ('error' in names) {
        respondText(response, 400, names.error)
        return
      }
      const collected = await set.gather(names.names)
      const { families, errors } = combineFamilies([
        ...(own ? [own.gather()] : []),
        build.gather(),
        ...collected,
      ])
      if (errors.length > 0) {
        counts.errors?.of('gathering').inc(errors.length)
        log.error(
          `error gathering metrics: ${errors.length} error(s) occurred:\n* ${errors.join('\n* ')}`,
        )
      }
      const format = negotiateFormat(request.headers.accept, ['text', 'protobuf'])
      const body = exposeFamilies(families, format)
      await respondMetrics(request, response, { contentType: format.contentType, body })
      counts.requests?.of('200').inc()
    } catch (err) {
      counts.requests?.of('500').inc()
      throw err
    } finally {
      inFlight--
    }
  }
}

type Choice = { readonly names: readonly string[] } | { readonly error: string }

/** Compat: leaving out every collector asks for none by name, and that means all. */
function chooseCollectors(
  { set, known, log }: MetricsOptions,
  collect: readonly string[],
  exclude: readonly string[],
): Choice {
  log.debug('collect query:', { collects: collect })
  log.debug('exclude query:', { excludes: exclude })
  if (collect.length > 0 && exclude.length > 0) {
    return { error: 'Combined collect and exclude queries are not allowed.' }
  }
  const enabled = set.names()
  for (const name of collect) {
    if (enabled.includes(name)) continue
    const reason = known.has(name) ? `disabled collector: ${name}` : `missing collector: ${name}`
    const error = `Couldn't create filtered metrics handler: couldn't create collector: ${reason}`
    log.warn("Couldn't create filtered metrics handler:", {
      err: `couldn't create collector: ${reason}`,
    })
    return { error }
  }
  if (collect.length > 0) return { names: [...new Set(collect)] }
  const rest = enabled.filter((name) => !exclude.includes(name))
  return { names: rest.length > 0 ? rest : enabled }
}

function countHandler(own: Registry | undefined) {
  if (!own) return { inFlight: () => {} }
  const requests = own.register(
    new CounterVec({
      name: 'promhttp_metric_handler_requests_total',
      help: 'Total number of scrapes by HTTP status code.',
      labelNames: ['code'],
    }),
  )
  for (const code of ['200', '500', '503']) requests.of(code)
  const errors = own.register(
    new CounterVec({
      name: 'promhttp_metric_handler_errors_total',
      help: 'Total number of internal errors encountered by the promhttp metric handler.',
      labelNames: ['cause'],
    }),
  )
  for (const cause of ['encoding', 'gathering']) errors.of(cause)
  return {
    requests,
    errors,
    inFlight: (read: () => number) => {
      own.register(
        new Gauge(
          {
            name: 'promhttp_metric_handler_requests_in_flight',
            help: 'Current number of scrapes being served.',
          },
          read,
        ),
      )
    },
  }
}
