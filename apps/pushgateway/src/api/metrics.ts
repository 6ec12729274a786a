/** GET /metrics: the gateway's own families and everything pushed. */
import { encodeFamilies, negotiateFormat, writeText } from '@prom/exposition'
import { type HttpHandler, respondError, respondMetrics } from '@prom/http'
import { type MetricFamily, mergeFamilies, type Registry } from '@prom/metrics'
import type { EscapingScheme } from '@prom/model'
import {
  type PageFamily,
  PageText,
  type PushStore,
  printProtobuf,
  unpackPage,
} from '@prom/push-store'
import { type Clock, inSlices, type Logger } from '@prom/runtime'

interface MetricsOptions {
  readonly store: PushStore
  readonly metrics: Registry
  readonly clock: Clock
  readonly log: Logger
}

export function createMetricsHandler({ store, metrics, clock, log }: MetricsOptions): HttpHandler {
  const text = new PageText()
  return async (request, response) => {
    const { families, errors } = await inSlices(store.page(), clock)
    if (errors.count > 0) {
      log.error('error gathering metrics', { err: errors.print() })
      respondError(
        response,
        500,
        `An error has occurred while serving metrics:\n\n${errors.print()}`,
      )
      return
    }
    const all = combine(metrics.gather(), families)
    const { format, contentType, escaping } = negotiateFormat(request.headers.accept, [
      'text',
      'protobuf',
    ])
    const work =
      format === 'protobuf' ? printMessages(all, escaping) : printText(all, text, escaping)
    const body = await inSlices(work, clock)
    await respondMetrics(request, response, { contentType, body })
  }
}

function* printMessages(
  families: readonly (MetricFamily | PageFamily)[],
  escaping: EscapingScheme,
): Generator<undefined, Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for (const family of families) {
    const isOwn = 'points' in family
    pieces.push(isOwn ? encodeFamilies([family]) : yield* printProtobuf(family, escaping))
  }
  return pieces
}

function* printText(
  families: readonly (MetricFamily | PageFamily)[],
  text: PageText,
  escaping: EscapingScheme,
): Generator<undefined, Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for (const family of families) {
    if ('points' in family) pieces.push(Buffer.from(writeText([family], escaping)))
    else pieces.push(...(yield* text.print(family, escaping)))
  }
  return pieces
}

/** Both lists are sorted by name. A family that both have is ours, with the pushed samples added. */
function combine(
  own: readonly MetricFamily[],
  pushed: readonly PageFamily[],
): (MetricFamily | PageFamily)[] {
  const names = new Set(own.map(({ name }) => name))
  const shared = pushed.filter(({ name }) => names.has(name))
  const others = pushed.filter(({ name }) => !names.has(name))
  const ours = shared.length > 0 ? mergeFamilies([...own, ...shared.map(unpackPage)]) : own
  return [...ours, ...others].sort((a, b) => (a.name < b.name ? -1 : 1))
}
