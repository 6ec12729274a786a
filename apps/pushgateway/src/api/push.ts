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
import { parseGoDuration } from '@prom/model'
import {
  type PushContent,
  type PushPath,
  type PushStore,
  parsePushLabels,
  readProtobuf,
  readText,
} from '@prom/push-store'
import { type Clock, inSlices, type Logger } from '@prom/runtime'

/** The original has no limit; a body larger than this is an accident. */
const BODY_BYTES_MAX = 256 * 1024 * 1024
const GZIP_HEADER_BYTES = 10
/** A small body is unpacked before a thread for it could be woken. */
const LATER_FROM_BYTES = 64 * 1024

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
      const message = 'pushed metrics are invalid or inconsistent with existing metrics'
      log.error(message, { ...about, err: error })
      respondError(response, 400, `${message}: ${error}`)
    }
  }
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
  if (encoding === 'snappy') return uncompressSnappyFramed(body, BODY_BYTES_MAX)
  if (encoding !== 'gzip') return body
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
  const [type, ...parameters] = (header ?? '').split(';').map((part) => part.trim())
  return (
    type?.toLowerCase() === 'application/vnd.google.protobuf' &&
    parameters.includes('encoding=delimited') &&
    parameters.includes('proto=io.prometheus.client.MetricFamily')
  )
}
