/** GET /metrics: the gateway's own families and everything pushed. */
import { encodeFamilies, negotiateFormat, writeText } from '@prom/exposition'
import { type HttpHandler, respondCompressed, respondError } from '@prom/http'
import { type MetricFamily, mergeFamilies, type Registry } from '@prom/metrics'
import type { EscapingScheme } from '@prom/model'
import type { PushStore } from '@prom/push-store'
import type { Logger } from '@prom/runtime'

interface MetricsOptions {
  readonly store: PushStore
  readonly metrics: Registry
  readonly log: Logger
}

export function createMetricsHandler({ store, metrics, log }: MetricsOptions): HttpHandler {
  const texts = new FamilyTexts()
  return async (request, response) => {
    const pushed = store.families()
    if (pushed.errors.length > 0) {
      const text = joinErrors(pushed.errors)
      log.error('error gathering metrics', { err: text })
      respondError(response, 500, `An error has occurred while serving metrics:\n\n${text}`)
      return
    }
    const families = combine(metrics.gather(), pushed.families)
    const { format, contentType, escaping } = negotiateFormat(request.headers.accept, [
      'text',
      'protobuf',
    ])
    const body = format === 'protobuf' ? encodeFamilies(families) : texts.print(families, escaping)
    await respondCompressed(request, response, { contentType, body })
  }
}

/** Both lists are sorted by name. A family that both have is ours, with the pushed samples added. */
function combine(own: readonly MetricFamily[], pushed: readonly MetricFamily[]): MetricFamily[] {
  const names = new Set(own.map(({ name }) => name))
  const shared = pushed.filter(({ name }) => names.has(name))
  const others = pushed.filter(({ name }) => !names.has(name))
  const ours = shared.length > 0 ? mergeFamilies([...own, ...shared]) : own
  return [...ours, ...others].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function joinErrors(errors: readonly string[]): string {
  if (errors.length === 1) return errors[0] as string
  return `${errors.length} error(s) occurred:\n* ${errors.join('\n* ')}`
}

/** The text of families that have not changed since the last page is kept. */
class FamilyTexts {
  readonly #texts = new WeakMap<
    MetricFamily,
    { readonly text: string; readonly escaping: EscapingScheme }
  >()

  print(families: readonly MetricFamily[], escaping: EscapingScheme): string {
    let page = ''
    for (const family of families) {
      let known = this.#texts.get(family)
      if (known?.escaping !== escaping) {
        known = { text: writeText([family], escaping), escaping }
        this.#texts.set(family, known)
      }
      page += known.text
    }
    return page
  }
}
