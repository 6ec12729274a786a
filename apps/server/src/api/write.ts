/** `POST /write`: remote-write bodies on their way to storage. */
import type { ServerResponse } from 'node:http'
import { type HttpHandler, HttpLimitError, readBody, respondError } from '@prom/http'
import type { Ingest, WriteOutcome } from '@prom/scrape'

const BODY_LIMIT_BYTES = 32 * 1024 * 1024
const V1 = 'prometheus.WriteRequest'
const V2 = 'io.prometheus.write.v2.Request'
const MESSAGES: readonly string[] = [V1, V2]

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
    const message = readMessage(request.headers['content-type'] ?? '', accepted)
    if (message.refusal !== undefined) {
      respondError(response, 415, message.refusal)
      return
    }
    const encoding = request.headers['content-encoding'] ?? ''
    if (encoding !== '' && encoding !== 'snappy') {
      const text = `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`
      // Compat: the original goes on, and tells how the body fails, too.
      respondError(response, 415, `${text}\nsnappy: corrupt input`)
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
    const outcome = await ingest.remoteWrite(new Uint8Array(body), message.version)
    const { status, error } = outcome
    if (message.version === 2 && outcome.isDecoded) tellWritten(response, outcome)
    if (status >= 300) respondError(response, status, error)
    else response.writeHead(status).end()
  }
}

/** What a version 2 sender is told, refused samples or not. */
function tellWritten(response: ServerResponse, outcome: WriteOutcome): void {
  const { samples, histograms, exemplars } = outcome
  response.setHeader('X-Prometheus-Remote-Write-Samples-Written', String(samples))
  response.setHeader('X-Prometheus-Remote-Write-Histograms-Written', String(histograms))
  response.setHeader('X-Prometheus-Remote-Write-Exemplars-Written', String(exemplars))
}

type ReadMessage =
  | { readonly version: 1 | 2; readonly refusal?: undefined }
  | { readonly refusal: string }

function readMessage(contentType: string, accepted: readonly string[]): ReadMessage {
  const { refusal, message } = parseContentType(contentType, accepted)
  if (refusal !== undefined) return { refusal }
  return { version: message === V2 ? 2 : 1 }
}

/** The message of a Content-Type, or why it is not taken. An empty one means version 1. */
function parseContentType(
  contentType: string,
  accepted: readonly string[],
): { readonly message: string; readonly refusal?: string } {
  let message = V1
  const refuse = (refusal: string) => ({ message, refusal })
  const [media = '', ...params] = contentType.split(';').map((part) => part.trim())
  if (media !== '' && media !== 'application/x-protobuf') {
    return refuse(
      `expected application/x-protobuf as the first (media) part, got ${contentType} content-type`,
    )
  }
  for (const param of params) {
    const [name, value] = param.split('=').map((part) => part.trim())
    if (value === undefined) {
      return refuse(
        `as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ${param} in ${contentType} content-type`,
      )
    }
    if (name === 'proto') message = value
  }
  if (!MESSAGES.includes(message)) {
    return refuse(
      `got ${contentType} content type; unknown remote write protobuf message ${message}, supported: ${MESSAGES.join(', ')}`,
    )
  }
  if (accepted.includes(message)) return { message }
  return refuse(
    `${message} protobuf message is not accepted by this server; only accepts ${accepted.join(', ')}`,
  )
}
