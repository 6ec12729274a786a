/** What every API endpoint shares: parameters in, the JSON envelope out, CORS, errors. */
import type { ServerResponse } from 'node:http'
import {
  type HttpHandler,
  HttpLimitError,
  type HttpRequestIn,
  queryOf,
  readForm,
  respondCompressed,
  respondPieces,
} from '@prom/http'
import { type AnswerPieces, QueryError, type QueryOrigin } from '@prom/query'
import type { AnchoredRegex } from '@prom/regex'
import type { Logger } from '@prom/runtime'
import { ApiError, statusOf } from './api-error.ts'

export interface ApiRequest {
  /** Of the URL and, for POST, of the form. */
  readonly params: URLSearchParams
  /** Of the URL alone. */
  readonly urlParams: URLSearchParams
  /** A part of the path, decoded. */
  path(name: string): string
  /** Who asks, for the query log. */
  readonly origin: QueryOrigin
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

export interface ApiAnswer {
  /** A value to print as JSON, or finished JSON bytes. Undefined: 204 without a body. */
  readonly data: unknown
  readonly json?: readonly Uint8Array[]
  /** The JSON bytes while they are being made, instead of `json`. */
  readonly pieces?: AnswerPieces | undefined
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
  /** Called when the answer has been sent or is given up. */
  release?(): void
}

export type Endpoint = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>

export interface EnvelopeDeps {
  readonly corsOrigin: AnchoredRegex
  readonly log: Logger
}

const GONE = new Error('client is gone')

/** Makes an endpoint a handler. */
export function createHandler(endpoint: Endpoint, deps: EnvelopeDeps): HttpHandler {
  return async (request, response) => {
    setCors(request, response, deps.corsOrigin)
    // Made for those who ask for it only: most answers are there before anybody could go away.
    let gone: AbortController | undefined
    let isGone = false
    response.once('close', () => {
      if (response.writableFinished) return
      isGone = true
      gone?.abort(GONE)
    })
    let release: (() => void) | undefined
    try {
      const answer = await endpoint({
        params: await readParameters(request),
        urlParams: queryOf(request),
        origin: originOf(request),
        path: (name) => String(request.params?.[name] ?? ''),
        get signal() {
          gone ??= new AbortController()
          if (isGone) gone.abort(GONE)
          return gone.signal
        },
      })
      release = answer.release?.bind(answer)
      if (answer.data === undefined && !answer.json) {
        response.writeHead(204).end()
        return
      }
      if (answer.pieces) await respondSuccess(request, response, answer, answer.pieces)
      else {
        const body = printSuccess(answer)
        await respondCompressed(request, response, { contentType: 'application/json', body })
      }
    } catch (err) {
      if (isGone || response.headersSent) {
        response.destroy()
        return
      }
      const { errorType, message } = toFailure(err, deps.log)
      await respondCompressed(request, response, {
        status: statusOf(errorType),
        contentType: 'application/json',
        body: printJson({ status: 'error', errorType, error: message }),
      })
    } finally {
      release?.()
    }
  }
}

function originOf({ socket, method = '', url = '', sentUrl = url }: HttpRequestIn): QueryOrigin {
  const clientIP = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? ''
  return { httpRequest: { clientIP, method, path: sentUrl.split('?')[0] as string } }
}

async function readParameters(request: HttpRequestIn): Promise<URLSearchParams> {
  try {
    return await readForm(request)
  } catch (err) {
    if (!(err instanceof HttpLimitError)) throw err
    throw new ApiError('bad_data', 'error parsing form values: http: request body too large')
  }
}

/** Answers OPTIONS of any API path. */
export function createOptionsHandler({ corsOrigin }: EnvelopeDeps): HttpHandler {
  return (request, response) => {
    setCors(request, response, corsOrigin)
    response.writeHead(204).end()
  }
}

export function setCors(
  request: HttpRequestIn,
  response: ServerResponse,
  allowed: AnchoredRegex,
): void {
  response.setHeader('Vary', 'Origin')
  const { origin } = request.headers
  if (!origin) return
  response.setHeader('Access-Control-Allow-Headers', 'Accept, Authorization, Content-Type, Origin')
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, OPTIONS')
  response.setHeader('Access-Control-Expose-Headers', 'Date')
  if (allowed.matches(origin)) response.setHeader('Access-Control-Allow-Origin', origin)
}

/** JSON as Go prints it: safe inside HTML. */
export function printJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const START = new TextEncoder().encode('{"status":"success","data":')

function printSuccess(answer: ApiAnswer): Uint8Array[] {
  const middle = answer.json ?? [Buffer.from(printJson(answer.data))]
  return [START, ...middle, printNotes(answer)]
}

/** What comes behind the data. */
function printNotes({ warnings = [], infos = [] }: ApiAnswer): Uint8Array {
  const notes =
    (warnings.length > 0 ? `,"warnings":${printJson(warnings)}` : '') +
    (infos.length > 0 ? `,"infos":${printJson(infos)}` : '')
  return Buffer.from(`${notes}}`)
}

/** Sends pieces as they come; it is too late for an error then: the connection breaks off. */
async function respondSuccess(
  request: HttpRequestIn,
  response: ServerResponse,
  answer: ApiAnswer,
  pieces: AnswerPieces,
): Promise<void> {
  let state: 'start' | 'middle' | 'end' = 'start'
  await respondPieces(request, response, { contentType: 'application/json' }, async () => {
    if (state === 'start') {
      state = 'middle'
      return { bytes: START }
    }
    if (state === 'end') return undefined
    const piece = await pieces.next()
    if (piece) return piece
    state = 'end'
    return { bytes: printNotes(answer) }
  })
}

function toFailure(err: unknown, log: Logger): { errorType: string; message: string } {
  if (err instanceof ApiError || err instanceof QueryError) return err
  const { errorType } = err as { errorType?: unknown }
  const message = err instanceof Error ? err.message : String(err)
  if (typeof errorType === 'string') return { errorType, message }
  log.error('API request failed', { err })
  return { errorType: 'internal', message }
}
