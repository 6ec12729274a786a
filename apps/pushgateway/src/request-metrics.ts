/** What the gateway counts about requests, under the original's names. */
import type { IncomingMessage } from 'node:http'
import type { HttpHandler } from '@prom/http'
import { CounterVec, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'

const QUANTILES = [0.1, 0.5, 0.9]

export class RequestMetrics {
  readonly #requests: CounterVec
  readonly #sizes: SummaryVec
  readonly #seconds: SummaryVec
  readonly #clock: Clock

  constructor(metrics: Registry, clock: Clock) {
    this.#clock = clock
    this.#requests = metrics.register(
      new CounterVec({
        name: 'pushgateway_http_requests_total',
        help: 'Total HTTP requests processed by the Pushgateway, excluding scrapes.',
        labelNames: ['handler', 'code', 'method'],
      }),
    )
    this.#sizes = metrics.register(
      new SummaryVec(
        {
          name: 'pushgateway_http_push_size_bytes',
          help: 'HTTP request size for pushes to the Pushgateway.',
          labelNames: ['method'],
          quantiles: QUANTILES,
        },
        clock,
      ),
    )
    this.#seconds = metrics.register(
      new SummaryVec(
        {
          name: 'pushgateway_http_push_duration_seconds',
          help: 'HTTP request duration for pushes to the Pushgateway.',
          labelNames: ['method'],
          quantiles: QUANTILES,
        },
        clock,
      ),
    )
  }

  /** The handler, counted under a name once it has answered. */
  count(name: string, handler: HttpHandler): HttpHandler {
    return async (request, response) => {
      try {
        await handler(request, response)
      } finally {
        this.#requests.of(name, String(response.statusCode), methodOf(request)).inc()
      }
    }
  }

  /** As `count`, with the size and duration of the push. */
  countPush(handler: HttpHandler): HttpHandler {
    const counted = this.count('push', handler)
    return async (request, response) => {
      const begin = this.#clock.monotonic()
      try {
        await counted(request, response)
      } finally {
        this.#seconds.of(methodOf(request)).observe((this.#clock.monotonic() - begin) / 1000)
        this.#sizes.of(methodOf(request)).observe(approximateBytes(request))
      }
    }
  }
}

const METHODS = new Set(['get', 'post', 'put', 'delete', 'head', 'options', 'patch'])

function methodOf({ method = '' }: IncomingMessage): string {
  const name = method.toLowerCase()
  return METHODS.has(name) ? name : 'unknown'
}

/** Compat: the request line, headers and body as far as their sizes are known, without blanks and line ends. */
function approximateBytes({
  url = '',
  method = '',
  httpVersion,
  rawHeaders,
  headers,
}: IncomingMessage) {
  let bytes = url.length + method.length + `HTTP/${httpVersion}`.length
  for (const text of rawHeaders) bytes += text.length
  // The host is counted as such, not as a header.
  if (headers.host !== undefined) bytes -= 'Host'.length
  return bytes + Number(headers['content-length'] ?? 0)
}
