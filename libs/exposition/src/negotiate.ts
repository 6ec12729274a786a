/** Which format a reader gets for its Accept header, as client_golang decides it. */
import type { EscapingScheme } from '@prom/model'

export interface ExpositionFormat {
  readonly format: 'text' | 'openmetrics' | 'protobuf'
  readonly escaping: EscapingScheme
  readonly contentType: string
}

const ESCAPINGS: readonly string[] = ['allow-utf-8', 'underscores', 'dots', 'values']

/**
 * The first format of `offered` in the reader's order; text 0.0.4 if it wants nothing we have. Compat: an
 * `escaping` counts even where its own format is refused.
 */
export function negotiateFormat(
  accept: string | undefined,
  offered: readonly ExpositionFormat['format'][] = ['text'],
): ExpositionFormat {
  let escaping: EscapingScheme = 'underscores'
  for (const { type, params } of parseAccept(accept ?? '')) {
    const wanted = params.get('escaping') ?? ''
    if (ESCAPINGS.includes(wanted)) escaping = wanted as EscapingScheme
    const version = params.get('version') ?? ''
    if (type === 'text/plain' && (version === '0.0.4' || version === '')) break
    if (isProtobuf(type, params) && offered.includes('protobuf')) {
      return describe('protobuf', escaping)
    }
    if (type === 'application/openmetrics-text' && offered.includes('openmetrics')) {
      if (/^(1\.0\.0|0\.0\.1|)$/.test(version)) return describe('openmetrics', escaping)
    }
  }
  return describe('text', escaping)
}

function isProtobuf(type: string, params: ReadonlyMap<string, string>): boolean {
  return (
    type === 'application/vnd.google.protobuf' &&
    params.get('proto') === 'io.prometheus.client.MetricFamily' &&
    params.get('encoding') === 'delimited'
  )
}

const MEDIA: Readonly<Record<ExpositionFormat['format'], string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  protobuf:
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
}

function describe(format: ExpositionFormat['format'], escaping: EscapingScheme): ExpositionFormat {
  return { format, escaping, contentType: `${MEDIA[format]}; escaping=${escaping}` }
}

/** The clauses of an Accept header, most wanted first. */
function parseAccept(header: string) {
  return header
    .split(',')
    .map((clause) => {
      const [type = '', ...rest] = clause.split(';').map((part) => part.trim())
      const params = new Map(
        rest.map((param) => {
          const [name = '', value = ''] = param.split('=')
          return [name.toLowerCase(), value.replace(/^"|"$/g, '')] as const
        }),
      )
      return { type: type.toLowerCase(), params, q: Number(params.get('q') ?? 1) }
    })
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q)
}
