import type { PoolOptions, TargetPlan } from './contract.ts'
import { ScrapeError } from './errors.ts'
import type { PlainRequest } from './fetch/connection.ts'
import type { ScrapeProtocol } from './scrape-protocol.ts'

const MEDIA: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto:
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
}

/** The request's own header fields, in the order the original sends them. */
export function scrapeHeaders(
  options: PoolOptions,
  timeoutMs: number,
  version: string,
): Record<string, string> {
  return {
    'User-Agent': `Prometheus/${version}`,
    Accept: acceptHeader(options),
    'Accept-Encoding': options.hasCompression ? 'gzip' : 'identity',
    'X-Prometheus-Scrape-Timeout-Seconds': String(timeoutMs / 1000),
  }
}

/** Weights fall from 0.6 in steps of 0.1, one per protocol. */
function acceptHeader({ protocols, nameEscaping }: PoolOptions): string {
  let tenths = 6
  const parts = protocols.map((protocol) => {
    const escaping = protocol.endsWith('1.0.0') ? `;escaping=${nameEscaping}` : ''
    return `${MEDIA[protocol]}${escaping};q=${printTenths(tenths--)}`
  })
  return [...parts, `*/*;q=${printTenths(tenths)}`].join(',')
}

const printTenths = (tenths: number) => `0.${Math.max(tenths, 0)}`

/** The bytes of a plain GET for `target`. */
export function plainRequest(
  target: TargetPlan,
  options: PoolOptions,
  version: string,
): PlainRequest {
  const url = new URL(target.url)
  const fields = { Host: url.host, ...scrapeHeaders(options, target.timeoutMs, version) }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return {
    url: target.url,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    head: `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`,
    timeoutMs: target.timeoutMs,
    bodyMax: options.bodySizeMax,
  }
}

export type BodyFormat = 'text' | 'openmetrics' | 'protobuf'

const FORMATS: Readonly<Record<string, BodyFormat>> = {
  'text/plain': 'text',
  'application/openmetrics-text': 'openmetrics',
  'application/vnd.google.protobuf': 'protobuf',
}

/** How to read a body with this Content-Type; throws ScrapeError if nothing says how. */
export function bodyFormat(
  contentType: string | undefined,
  fallback: ScrapeProtocol | undefined,
): BodyFormat {
  const problem = contentTypeProblem(contentType)
  if (problem === undefined) {
    return FORMATS[mediaType(contentType as string)] as BodyFormat
  }
  if (fallback !== undefined) return formatOf(fallback)
  throw new ScrapeError(problem)
}

function contentTypeProblem(contentType: string | undefined): string | undefined {
  if (contentType === undefined || contentType === '') {
    return 'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target'
  }
  const shown = JSON.stringify(contentType)
  const reason = mediaTypeProblem(contentType)
  if (reason !== undefined) {
    return `cannot parse Content-Type ${shown} and no fallback_scrape_protocol for target\n${reason}`
  }
  if (FORMATS[mediaType(contentType)] !== undefined) return undefined
  return `received unsupported Content-Type ${shown} and no fallback_scrape_protocol specified for target`
}

const mediaType = (contentType: string) =>
  (contentType.split(';', 1)[0] as string).trim().toLowerCase()

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const MEDIA_TYPE = new RegExp(`^${TOKEN}(?:/${TOKEN})?$`)
const PARAMETERS = new RegExp(
  `^(?:\\s*;\\s*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*\\s*;?\\s*$`,
)

/** What is wrong with it, in the words of Go's mime package. */
function mediaTypeProblem(contentType: string): string | undefined {
  const media = mediaType(contentType)
  if (media === '') return 'mime: no media type'
  if (!MEDIA_TYPE.test(media)) {
    if (media.endsWith('/')) return 'mime: expected token after slash'
    return /[ ,]/.test(media)
      ? 'mime: unexpected content after media subtype'
      : 'mime: expected slash after first token'
  }
  const at = contentType.indexOf(';')
  return at < 0 || PARAMETERS.test(contentType.slice(at))
    ? undefined
    : 'mime: invalid media parameter'
}

function formatOf(protocol: ScrapeProtocol): BodyFormat {
  if (protocol === 'PrometheusProto') return 'protobuf'
  return protocol.startsWith('OpenMetrics') ? 'openmetrics' : 'text'
}
