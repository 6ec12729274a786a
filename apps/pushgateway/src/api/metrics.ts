/** GET /metrics: the gateway's own families and everything pushed. */
import {
  encodeFamilies,
  escapeFamilies,
  type MessageTextForm,
  negotiateFormat,
  printMessageText,
  writeText,
} from '@prom/exposition'
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

/** Characters printed between two pauses. */
const TEXT_STEP = 64 * 1024

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
    const { format, encoding, contentType, escaping } = negotiateFormat(request.headers.accept, [
      'text',
      'protobuf',
    ])
    const work =
      format !== 'protobuf'
        ? printText(all, text, escaping)
        : encoding === 'delimited'
          ? printMessages(all, escaping)
          : printMessageTexts(all, escaping, encoding)
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
    pieces.push(yield* printMessage(family, escaping))
  }
  return pieces
}

/** One family, its length in front. */
function* printMessage(
  family: MetricFamily | PageFamily,
  escaping: EscapingScheme,
): Generator<undefined, Uint8Array> {
  if ('points' in family) return encodeFamilies(escapeFamilies([family], escaping))
  return yield* printProtobuf(family, escaping)
}

function* printMessageTexts(
  families: readonly (MetricFamily | PageFamily)[],
  escaping: EscapingScheme,
  form: MessageTextForm,
): Generator<undefined, Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for (const family of families) {
    const message = yield* printMessage(family, escaping)
    let text = ''
    for (const piece of printMessageText(message, form)) {
      text += piece
      if (text.length < TEXT_STEP) continue
      pieces.push(Buffer.from(text))
      text = ''
      yield undefined
    }
    pieces.push(Buffer.from(text))
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
