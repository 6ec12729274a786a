/** `/query_exemplars`: exemplars of the series that the selectors of an expression name. */
import { printFloat } from '@prom/model'
import { ParseError, type ParseOptions, parseExpr, selectorsOf } from '@prom/promql-syntax'
import type { IngestControl, PlainExemplars } from '@prom/scrape'
import { ApiError } from './api-error.ts'
import { type Endpoint, printJson } from './envelope.ts'
import { MAX_TIME_MS, MIN_TIME_MS, timeParameter } from './parameters.ts'

/** Compat: a query without selectors has no answer at all. */
export function createQueryExemplars(
  ingest: Pick<IngestControl, 'exemplars'>,
  options: ParseOptions,
): Endpoint {
  return async ({ params }) => {
    const startMs = timeParameter(params, 'start', MIN_TIME_MS)
    const endMs = timeParameter(params, 'end', MAX_TIME_MS)
    if (endMs < startMs) {
      throw new ApiError('bad_data', 'end timestamp must not be before start timestamp')
    }
    const sets = readSelectors(params.get('query') ?? '', options)
    if (sets.length === 0) return { data: undefined }
    const found = await ingest.exemplars(sets, startMs, endMs)
    return { data: undefined, json: [Buffer.from(`[${found.map(printSeries).join(',')}]`)] }
  }
}

// Compat: times have three decimals or none, which no JSON printer does by itself.
function printSeries({ labels, exemplars }: PlainExemplars): string {
  const items = exemplars.map((exemplar) => {
    const own = printJson(toObject(exemplar.labels))
    const value = printFloat(exemplar.value, 'json')
    return `{"labels":${own},"value":"${value}","timestamp":${printSeconds(exemplar.timeMs)}}`
  })
  return `{"seriesLabels":${printJson(toObject(labels))},"exemplars":[${items.join(',')}]}`
}

function printSeconds(timeMs: number): string {
  return timeMs % 1000 === 0 ? String(timeMs / 1000) : (timeMs / 1000).toFixed(3)
}

function readSelectors(query: string, options: ParseOptions) {
  try {
    return selectorsOf(parseExpr(query, options)).map(({ matchers }) =>
      matchers.map(({ type, name, value }) => ({ type, name, value })),
    )
  } catch (err) {
    if (err instanceof ParseError) throw new ApiError('bad_data', err.message)
    throw err
  }
}

function toObject(flat: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {}
  for (let i = 0; i < flat.length; i += 2) object[flat[i] as string] = flat[i + 1] as string
  return object
}
