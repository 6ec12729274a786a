/** The v2 API: which request goes to which endpoint, and how answers and refusals are written. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpLimitError, queryOf, readBody } from '@prom/http'
import { type Json, printJson } from '@prom/receivers'
import type { Logger } from '@prom/runtime'
import { JsonTextError, readFirstJson } from './json-text.ts'

/** A request body larger than this is refused. */
const BODY_BYTES_MAX = 64 * 1024 * 1024

export interface ApiCall {
  readonly query: URLSearchParams
  /** Of the path: `{id}`. */
  readonly id: string
  /** The parsed JSON body of a POST; undefined when it was empty. */
  readonly body: unknown
  /** Knows which request it speaks of. */
  readonly log: Logger
}

export interface ApiAnswer {
  readonly status: number
  /** Undefined for an empty answer. */
  readonly body?: Json | LongList
  /** Ends with the body, not with a new line after it. */
  readonly isBare?: boolean
}

/** A list whose items are made and encoded one after the other, for it may have many thousands. */
export class LongList {
  readonly items: Iterable<Json>

  constructor(items: Iterable<Json>) {
    this.items = items
  }
}

export type ApiHandler = (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>

/** Ends a request with this status and JSON body. */
export class ApiError extends Error {
  readonly status: number
  readonly body: Json
  readonly isBare: boolean

  constructor(status: number, body: Json, isBare = false) {
    super(typeof body === 'string' ? body : `status ${status}`)
    this.status = status
    this.body = body
    this.isBare = isBare
  }

  /** `{"code":..,"message":..}`, as the framework of the original refuses what does not fit the schema. */
  static coded(status: number, message: string, code = status): ApiError {
    return new ApiError(status, { code, message }, true)
  }
}

export interface Endpoint {
  readonly path: string
  readonly get?: ApiHandler
  readonly post?: ApiHandler
  readonly delete?: ApiHandler
  /** How errors call the body: `alerts`. */
  readonly bodyName?: string
  /** A quicker way to read the usual body; undefined for one that only `JSON.parse` can judge. */
  readonly scan?: (text: string) => unknown
}

export class Api {
  readonly #endpoints: readonly Endpoint[]
  readonly #log: Logger

  constructor(endpoints: readonly Endpoint[], log: Logger) {
    this.#endpoints = endpoints
    this.#log = log.with({ component: 'api', version: 'v2' })
  }

  /** The path of the endpoint that serves `path`, as metrics call it. */
  patternOf(path: string): string | undefined {
    return this.#find(path)?.endpoint.path.replace('{id}', '{silenceID}')
  }

  /** `path` is what follows /api/v2. */
  async serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('Vary', 'Origin')
    if (request.headers.origin !== undefined) {
      response.setHeader('Access-Control-Allow-Origin', '*')
    }
    try {
      write(response, await this.#answer(request, response, path))
    } catch (err) {
      if (!(err instanceof ApiError)) throw err
      write(response, err)
    }
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<ApiAnswer> {
    const method = request.method ?? 'GET'
    if (method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      return preflight(request, response)
    }
    const found = this.#find(path.length > 1 ? path.replace(/\/$/, '') : path)
    if (!found) {
      const full = (request.url ?? '').split('?')[0]
      throw ApiError.coded(404, `path ${full} was not found`)
    }
    const { endpoint, id } = found
    const handlers = new Map([
      ['DELETE', endpoint.delete],
      ['GET', endpoint.get],
      ['POST', endpoint.post],
    ])
    const handler = handlers.get(method)
    if (!handler) {
      const allowed = [...handlers].flatMap(([name, known]) => (known ? [name] : [])).join(',')
      response.setHeader('Allow', allowed)
      throw ApiError.coded(405, `method ${method} is not allowed, but [${allowed}] are`)
    }
    if (id !== '' && !/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(id)) {
      throw ApiError.coded(422, `silenceID in path must be of type uuid: ${printJson(id)}`, 601)
    }
    const body = method === 'POST' ? await readJson(request, endpoint) : undefined
    const fields = { path: (request.url ?? '').split('?')[0], method }
    return handler({ query: queryOf(request), id, body, log: this.#log.with(fields) })
  }

  #find(path: string): { endpoint: Endpoint; id: string } | undefined {
    for (const endpoint of this.#endpoints) {
      if (endpoint.path === path) return { endpoint, id: '' }
      if (!endpoint.path.endsWith('{id}')) continue
      const start = endpoint.path.slice(0, -4)
      if (
        path.startsWith(start) &&
        path.length > start.length &&
        !path.slice(start.length).includes('/')
      ) {
        return { endpoint, id: decode(path.slice(start.length)) }
      }
    }
    return undefined
  }
}

function preflight(request: IncomingMessage, response: ServerResponse): ApiAnswer {
  response.setHeader(
    'Vary',
    'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  )
  response.setHeader(
    'Access-Control-Allow-Methods',
    String(request.headers['access-control-request-method']),
  )
  const headers = request.headers['access-control-request-headers']
  if (headers !== undefined) response.setHeader('Access-Control-Allow-Headers', headers)
  return { status: 204 }
}

function write(response: ServerResponse, { status, body, isBare }: ApiAnswer): void {
  if (body === undefined) {
    response.writeHead(status, { 'Content-Length': 0 }).end()
    return
  }
  const pieces =
    body instanceof LongList
      ? encodeList(body.items)
      : [Buffer.from(`${printJson(body)}${isBare ? '' : '\n'}`)]
  let length = 0
  for (const piece of pieces) length += piece.length
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': length })
  for (const piece of pieces) response.write(piece)
  response.end()
}

const PIECE_CHARACTERS = 64 * 1024

function encodeList(items: Iterable<Json>): Buffer[] {
  const pieces: Buffer[] = []
  let text = '['
  let isFirst = true
  for (const item of items) {
    text += isFirst ? printJson(item) : `,${printJson(item)}`
    isFirst = false
    if (text.length < PIECE_CHARACTERS) continue
    pieces.push(Buffer.from(text))
    text = ''
  }
  pieces.push(Buffer.from(`${text}]\n`))
  return pieces
}

async function readJson(
  request: IncomingMessage,
  { bodyName: name = '', scan }: Endpoint,
): Promise<unknown> {
  const type = (request.headers['content-type'] ?? 'application/octet-stream').split(';')[0]?.trim()
  if (type !== undefined && !type.includes('/')) {
    const message = `parsing Content-Type header from ${printJson(type)} failed, because mediatype: malformed: ${printJson(type)} has no subtype`
    throw ApiError.coded(400, message)
  }
  if (type?.toLowerCase() !== 'application/json') {
    throw ApiError.coded(
      415,
      `unsupported media type ${printJson(type)}, only [application/json] are allowed`,
    )
  }
  let bytes: Buffer
  try {
    bytes = await readBody(request, BODY_BYTES_MAX)
  } catch (err) {
    if (err instanceof HttpLimitError) throw ApiError.coded(413, err.message)
    throw err
  }
  if (bytes.length === 0) return undefined
  const text = bytes.toString('utf8')
  const scanned = scan?.(text)
  if (scanned !== undefined) return scanned
  try {
    return readFirstJson(text)
  } catch (err) {
    if (!(err instanceof JsonTextError)) throw err
    const message = `parsing ${name} body from "" failed, because ${err.message}`
    throw ApiError.coded(400, message)
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
