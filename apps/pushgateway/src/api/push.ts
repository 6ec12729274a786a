/** PUT, POST and DELETE below /metrics/job: the body, decoded and parsed, goes to the store. */
import {
  CompressError,
  uncompressGzip,
  uncompressGzipLater,
  uncompressSnappyFramed,
} from '@prom/compress'
import { ExpositionError } from '@prom/exposition'
import {
  type HttpHandler,
  HttpLimitError,
  type HttpRequestIn,
  readBody,
  respondError,
} from '@prom/http'
import { parseGoDuration, printFloat, quoteGo } from '@prom/model'
import {
  hasOddBytes,
  type PushContent,
  type PushPath,
  type PushStore,
  parsePushLabels,
  readProtobuf,
  readText,
  sortLabels,
} from '@prom/push-store'
import { type Clock, inSlices, type Logger } from '@prom/runtime'

/** The original has no limit; a body larger than this is an accident. */
const BODY_BYTES_MAX = 256 * 1024 * 1024
const GZIP_HEADER_BYTES = 10
/** A small body is unpacked before a thread for it could be woken. */
const LATER_FROM_BYTES = 64 * 1024

const INCONSISTENT = 'pushed metrics are invalid or inconsistent with existing metrics'

export interface PushOptions {
  readonly store: PushStore
  readonly clock: Clock
  readonly log: Logger
  /** For hashes of what is pushed. */
  readonly seed: number
  readonly isChecked: boolean
  readonly hasUtf8Names: boolean
}

/** What a handler below /metrics/job is handed with each request. */
export type PushHandler = (path: PushPath, ...args: Parameters<HttpHandler>) => Promise<void>

export function createPushHandler(options: PushOptions): PushHandler {
  const { store, clock, log, isChecked } = options
  return async (path, request, response) => {
    const source = request.socket.remoteAddress
    const about = {
      method: request.method,
      logged_source: `${source}:${request.socket.remotePort}`,
    }
    const refuse = (status: number, text: string, message: string) => {
      log.debug(message, { ...about, err: text })
      respondError(response, status, text)
    }
    const labels = parsePushLabels(path, options.hasUtf8Names)
    if ('error' in labels) return refuse(400, labels.error, 'failed to parse URL')
    if (labels.labels.some(hasOddBytes)) {
      const error = describeOddBytes(labels.labels, clock.now())
      log.error('push failed', { ...about, err: error })
      if (isChecked) respondError(response, 400, `${INCONSISTENT}: ${error}`)
      else response.writeHead(202).end()
      return
    }
    const expireAfterMs = expiryOf(request)
    if (typeof expireAfterMs === 'string')
      return refuse(400, expireAfterMs, 'failed to parse header')

    let content: PushContent
    try {
      const body = await readBody(request, BODY_BYTES_MAX)
      const bytes = await uncompress(request.headers['content-encoding'], body)
      const isMessages = isProtobuf(request.headers['content-type'])
      content = await inSlices(read(bytes, isMessages, labels.labels, options), clock)
    } catch (err) {
      if (err instanceof HttpLimitError) return refuse(413, err.message, 'failed to read body')
      return refuse(400, (err as Error).message, 'failed to parse text')
    }
    const push = {
      content,
      isReplacing: request.method === 'PUT',
      ...(expireAfterMs !== undefined && { expireAfterMs }),
    }
    const error = store.push(push, isChecked)
    if (!isChecked) {
      response.writeHead(202).end()
    } else if (error === undefined) {
      response.writeHead(200, { 'Content-Length': 0 }).end()
    } else {
      log.error(INCONSISTENT, { ...about, err: error })
      respondError(response, 400, `${INCONSISTENT}: ${error}`)
    }
  }
}

/**
 * Compat: what the original says of a group whose labels are no UTF-8, as far as its own gauges go. It then keeps the
 * group with the time of the failure, and no scrape works any more; here nothing is kept.
 */
function describeOddBytes(labels: readonly string[], nowMs: number): string {
  const at = labels.findIndex((text, i) => i % 2 === 1 && hasOddBytes(text))
  const all = new Map<string, string>([['instance', '']])
  for (let i = 0; i < labels.length; i += 2) all.set(labels[i] as string, labels[i + 1] as string)
  const shown = sortLabels(all).map((text, i) =>
    i % 2 === 0 ? `label:{name:"${text}"  value:` : `${quoteBytes(text)}}  `,
  )
  const error = (name: string, value: number) =>
    `* collected metric "${name}" { ${shown.join('')}gauge:{value:${printFloat(value)}}} has a label named "${labels[at - 1]}" whose value is not utf8: ${quoteBytes(labels[at] as string)}`
  return [
    '2 error(s) occurred:',
    error('push_time_seconds', 0),
    error('push_failure_time_seconds', nowMs / 1000),
  ].join('\n')
}

/** Quoted as in Go, bytes that are no UTF-8 as `\xff`. */
function quoteBytes(text: string): string {
  const odd = /[\udc00-\udfff]/gu
  const bytes = [...text.matchAll(odd)].map(([char]) => (char.charCodeAt(0) - 0xdc00).toString(16))
  const parts = text.split(odd).map((part) => quoteGo(part).slice(1, -1))
  return `"${parts.map((part, i) => part + (i < bytes.length ? `\\x${bytes[i]}` : '')).join('')}"`
}

export function createDeleteHandler({ store, log, hasUtf8Names }: PushOptions): PushHandler {
  return async (path, request, response) => {
    const labels = parsePushLabels(path, hasUtf8Names)
    if ('error' in labels) {
      log.debug('failed to parse URL', { url: request.url, err: labels.error })
      respondError(response, 400, labels.error)
      return
    }
    store.remove(labels.labels)
    response.writeHead(202, { 'Content-Length': 0 }).end()
  }
}

/** How long the pusher wants its group to live without another push; a text is the error. */
function expiryOf(request: HttpRequestIn): number | undefined | string {
  const header = request.headers['x-pushgateway-expire-after']
  if (header === undefined) return undefined
  const duration = parseGoDuration(String(header))
  if ('error' in duration || duration.ns <= 0) {
    return `invalid header X-Pushgateway-Expire-After ${JSON.stringify(header)}`
  }
  return duration.ns / 1e6
}

function read(
  bytes: Uint8Array,
  isMessages: boolean,
  labels: readonly string[],
  { hasUtf8Names, seed }: PushOptions,
): Generator<undefined, PushContent> {
  if (isMessages) return readProtobuf(bytes, labels, seed)
  return readText(bytes, labels, { nameValidation: hasUtf8Names ? 'utf8' : 'legacy', seed })
}

async function uncompress(encoding: string | undefined, body: Uint8Array): Promise<Uint8Array> {
  const name = encoding?.toLowerCase()
  if (name === 'snappy') return uncompressSnappyFramed(body, BODY_BYTES_MAX)
  if (name !== 'gzip') return body
  if (body.length === 0) throw new ExpositionError('EOF')
  if (body.length < GZIP_HEADER_BYTES) throw new ExpositionError('unexpected EOF')
  try {
    if (body.length < LATER_FROM_BYTES) return uncompressGzip(body, BODY_BYTES_MAX)
    return await uncompressGzipLater(body, BODY_BYTES_MAX)
  } catch (err) {
    if (err instanceof CompressError) throw new ExpositionError(gzipErrorText(err.message))
    throw err
  }
}

/** In Go's words. */
function gzipErrorText(message: string): string {
  if (/unexpected end of file/.test(message)) return 'unexpected EOF'
  if (/header check|unknown compression/.test(message)) return 'gzip: invalid header'
  if (/data check|length check/.test(message)) return 'gzip: invalid checksum'
  return message
}

function isProtobuf(header: string | undefined): boolean {
  const media = parseMediaType(header ?? '')
  return (
    media?.type === 'application/vnd.google.protobuf' &&
    media.parameters.get('encoding') === 'delimited' &&
    media.parameters.get('proto') === 'io.prometheus.client.MetricFamily'
  )
}

/** A type with its parameters, bare or quoted, names in lower case; undefined if it is not well formed. */
function parseMediaType(header: string) {
  const [type = '', ...rest] = header.match(/(?:[^;"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []
  const parameters = new Map<string, string>()
  for (const part of rest) {
    if (part.trim() === '') continue
    const match = /^\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]+))\s*$/.exec(part)
    const name = match?.[1]?.toLowerCase()
    const value = match?.[2]?.replace(/\\(.)/g, '$1') ?? match?.[3] ?? ''
    if (name === undefined || (parameters.get(name) ?? value) !== value) return undefined
    parameters.set(name, value)
  }
  return { type: type.trim().toLowerCase(), parameters }
}
