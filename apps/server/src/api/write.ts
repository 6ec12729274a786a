/** `POST /write`: remote-write bodies on their way to storage. */
import { type HttpHandler, HttpLimitError, readBody, respondError } from '@prom/http'
import type { Ingest } from '@prom/scrape'

const BODY_LIMIT_BYTES = 32 * 1024 * 1024
const V1 = 'prometheus.WriteRequest'
const MESSAGES: readonly string[] = [V1, 'io.prometheus.write.v2.Request']

export const refuseWrite: HttpHandler = (_request, response) =>
  respondError(
    response,
    404,
    'remote write receiver needs to be enabled with --web.enable-remote-write-receiver',
  )

export function createWrite(
  ingest: Pick<Ingest, 'remoteWrite'>,
  accepted: readonly string[],
): HttpHandler {
  return async (request, response) => {
    const encoding = request.headers['content-encoding'] ?? ''
    if (encoding !== '' && encoding !== 'snappy') {
      const text = `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`
      respondError(response, 415, text)
      return
    }
    const refusal = refuseMessage(request.headers['content-type'] ?? '', accepted)
    if (refusal !== undefined) {
      respondError(response, 415, refusal)
      return
    }
    let body: Uint8Array
    try {
      body = await readBody(request, BODY_LIMIT_BYTES)
    } catch (err) {
      if (!(err instanceof HttpLimitError)) throw err
      respondError(response, 413, err.message)
      return
    }
    // A copy of its own, so that its memory can move to the ingest thread.
    const { status, error } = await ingest.remoteWrite(new Uint8Array(body))
    if (status >= 300) respondError(response, status, error)
    else response.writeHead(status).end()
  }
}

/** Why a Content-Type is not taken; undefined if it is. An empty one means version 1. */
function refuseMessage(contentType: string, accepted: readonly string[]): string | undefined {
  const [media = '', ...params] = contentType.split(';').map((part) => part.trim())
  if (media !== '' && media !== 'application/x-protobuf') {
    return `expected application/x-protobuf as the first (media) part, got ${contentType} content-type`
  }
  let message = V1
  for (const param of params) {
    const [name, value] = param.split('=').map((part) => part.trim())
    if (value === undefined) {
      return `as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ${param} in ${contentType} content-type`
    }
    if (name === 'proto') message = value
  }
  if (!MESSAGES.includes(message)) {
    return `got ${contentType} content type; unknown remote write protobuf message ${message}, supported: ${MESSAGES.join(', ')}`
  }
  if (!accepted.includes(message)) {
    return `${message} protobuf message is not accepted by this server; only accepts ${accepted.join(', ')}`
  }
  return message === V1
    ? undefined
    : `${message} protobuf message is not accepted by this server; only accepts ${V1}`
}
