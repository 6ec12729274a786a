/** Which format a reader gets for its Accept header, as client_golang decides it. */
import type { EscapingScheme } from '@prom/model'

export interface ExpositionFormat {
  readonly format: 'text' | 'openmetrics' | 'protobuf'
  /** Of protobuf: messages with their lengths, or protobuf's text form. */
  readonly encoding: 'delimited' | 'text' | 'compact-text'
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
    const encoding = readEncoding(type, params)
    if (encoding && offered.includes('protobuf')) return describe('protobuf', escaping, encoding)
    if (type === 'application/openmetrics-text' && offered.includes('openmetrics')) {
      if (/^(1\.0\.0|0\.0\.1|)$/.test(version)) return describe('openmetrics', escaping)
    }
  }
  return describe('text', escaping)
}

const ENCODINGS: readonly string[] = ['delimited', 'text', 'compact-text']

/** Undefined where it is not our protobuf. */
function readEncoding(
  type: string,
  params: ReadonlyMap<string, string>,
): ExpositionFormat['encoding'] | undefined {
  const isOurs =
    type === 'application/vnd.google.protobuf' &&
    params.get('proto') === 'io.prometheus.client.MetricFamily'
  const encoding = params.get('encoding') ?? ''
  if (!isOurs || !ENCODINGS.includes(encoding)) return undefined
  return encoding as ExpositionFormat['encoding']
}

const MEDIA: Readonly<Record<ExpositionFormat['format'], string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  protobuf: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily',
}

function describe(
  format: ExpositionFormat['format'],
  escaping: EscapingScheme,
  encoding: ExpositionFormat['encoding'] = 'delimited',
): ExpositionFormat {
  const media = format === 'protobuf' ? `${MEDIA.protobuf}; encoding=${encoding}` : MEDIA[format]
  return { format, encoding, escaping, contentType: `${media}; escaping=${escaping}` }
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
