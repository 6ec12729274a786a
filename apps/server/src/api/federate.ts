/** `/federate`: the newest sample of each selected series, as a page another server scrapes. */
import { exposeFamilies, negotiateFormat } from '@prom/exposition'
import type { FloatHistogram } from '@prom/histogram'
import { type HttpHandler, queryOf, respondCompressed, respondError } from '@prom/http'
import { Labels, METRIC_NAME } from '@prom/labels'
import { Counter, type MetricFamily, type MetricPoint, type Registry } from '@prom/metrics'
import type { LatestAnswer, Queries } from '@prom/query'
import type { Clock } from '@prom/runtime'
import { matchParameters } from './parameters.ts'

export interface FederateDeps {
  readonly queries: Pick<Queries, 'latest'>
  readonly clock: Clock
  readonly metrics: Registry
  readonly lookbackMs: number
  readonly externalLabels: () => ReadonlyMap<string, string>
}

/** Compat: never OpenMetrics. */
const OFFERED = ['text', 'protobuf'] as const

export function createFederate(deps: FederateDeps): HttpHandler {
  const { queries, clock, metrics, lookbackMs, externalLabels } = deps
  const errors = metrics.register(
    new Counter({
      name: 'prometheus_web_federation_errors_total',
      help: 'Total number of errors that occurred while sending federation responses.',
    }),
  )
  const warnings = metrics.register(
    new Counter({
      name: 'prometheus_web_federation_warnings_total',
      help: 'Total number of warnings that occurred while sending federation responses.',
    }),
  )
  return async (request, response) => {
    let matcherSets: string[]
    try {
      // Compat: no matcher at all matches nothing here, and is no error.
      const selectors = new URLSearchParams()
      for (const text of queryOf(request).getAll('match[]')) {
        if (!/^\s*\{\s*\}\s*$/.test(text)) selectors.append('match[]', text)
      }
      matcherSets = matchParameters(selectors)
    } catch (err) {
      respondError(response, 400, (err as Error).message)
      return
    }
    const format = negotiateFormat(request.headers.accept, OFFERED)
    const { contentType } = format
    if (matcherSets.length === 0) {
      await respondCompressed(request, response, { contentType, body: '' })
      return
    }
    try {
      const answer = await queries.latest({ matcherSets, atMs: clock.now(), lookbackMs })
      warnings.inc(answer.warnings.length)
      const families = toFamilies(answer, externalLabels(), format.format === 'protobuf')
      const body = exposeFamilies(families, format)
      await respondCompressed(request, response, { contentType, body })
    } catch (err) {
      errors.inc()
      respondError(response, 500, (err as Error).message)
    }
  }
}

/**
 * Families in the order of names, nameless series dropped: untyped ones, and in protobuf native histograms. Compat: a
 * name whose series are of several kinds has a family for each run of one kind.
 */
function toFamilies(
  answer: LatestAnswer,
  external: ReadonlyMap<string, string>,
  hasHistograms: boolean,
): MetricFamily[] {
  const rows: { readonly name: string; readonly kind: Kind; readonly point: MetricPoint }[] = []
  answer.labels.forEach((flat, row) => {
    const labels = Labels.fromSortedFlat(flat)
    const name = labels.get(METRIC_NAME)
    const native = answer.histograms.get(row)
    if (name === '' || (native && !hasHistograms)) return
    const value = native
      ? { count: native.count, sum: native.sum, buckets: [], native }
      : (answer.values[row] as number)
    const timeMs = answer.times[row] as number
    rows.push({
      ...{ name, kind: kindOf(native) },
      point: { labels: shownLabels(labels, external), value, timeMs },
    })
  })
  rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const families: (MetricFamily & { readonly points: MetricPoint[] })[] = []
  let last: Kind | undefined
  for (const { name, kind, point } of rows) {
    const family = families.at(-1)
    if (family?.name === name && kind === last) family.points.push(point)
    else {
      const type = kind === 'float' ? 'untyped' : 'histogram'
      families.push({ name, help: undefined, type, points: [point] })
    }
    last = kind
  }
  return families
}

type Kind = 'float' | 'counter' | 'gauge'

function kindOf(native: FloatHistogram | undefined): Kind {
  if (!native) return 'float'
  return native.counterResetHint === 'gauge' ? 'gauge' : 'counter'
}

/** Compat: own labels first, then those of the external ones and an empty instance that are absent. */
function shownLabels(labels: Labels, external: ReadonlyMap<string, string>): string[] {
  const shown: string[] = []
  for (let i = 0; i < labels.size; i++) {
    if (labels.nameAt(i) !== METRIC_NAME) shown.push(labels.nameAt(i), labels.valueAt(i))
  }
  for (const name of [...new Set([...external.keys(), 'instance'])].sort()) {
    if (!labels.has(name)) shown.push(name, external.get(name) ?? '')
  }
  return shown
}
