/** Answers, compressed where the client takes it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { createDeflate, createGzip, deflate, gzip } from 'node:zlib'

const gzipBytes = promisify(gzip)
const deflateBytes = promisify(deflate)

/** Below this, compressing costs more than it saves. */
const COMPRESS_FROM_BYTES = 1024
/** Above this, compression and sending go piece by piece. */
const STREAM_FROM_BYTES = 1024 * 1024
/** How long a client may take nothing of a large answer. */
const STALLED_MS = 120_000
/** Level 1 as the originals' fast setting: a page is compressed at every scrape. */
const LEVEL = 1

export interface Answer {
  readonly status?: number
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | readonly Uint8Array[]
}

/**
 * Sends an answer in the first of gzip and deflate that the client names. Resolves once the last byte is handed to
 * the socket or the client is gone; a slow reader is waited for.
 */
export async function respondCompressed(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  const encoding = acceptedEncoding(request.headers['accept-encoding'])
  // Compat: a handler that varies by Origin replaces the header, it does not add to it.
  if (encoding && !response.hasHeader('Vary')) response.setHeader('Vary', 'Accept-Encoding')
  await sendEncoded(response, answer, encoding)
}

async function sendEncoded(
  response: ServerResponse,
  answer: Answer,
  encoding: 'gzip' | 'deflate' | undefined,
): Promise<void> {
  const pieces = toPieces(answer.body)
  const sizeBytes = pieces.reduce((total, piece) => total + piece.length, 0)
  if (!encoding || sizeBytes < COMPRESS_FROM_BYTES) {
    await send(response, answer, pieces, sizeBytes)
    return
  }
  const headers = { ...answer.headers, 'Content-Encoding': encoding }
  if (sizeBytes < STREAM_FROM_BYTES) {
    const compress = encoding === 'gzip' ? gzipBytes : deflateBytes
    const packed = await compress(Buffer.concat(pieces), { level: LEVEL })
    await send(response, { ...answer, headers }, [packed], packed.length)
    return
  }
  const stream =
    encoding === 'gzip' ? createGzip({ level: LEVEL }) : createDeflate({ level: LEVEL })
  writeHead(response, { ...answer, headers })
  endIfStalled(response)
  stream.pipe(response)
  response.once('close', () => stream.destroy())
  await writeAll(stream, pieces)
}

/**
 * As `respondCompressed`, for pages of metrics: gzip is the only encoding, taken or not by the weights of the client.
 */
export async function respondMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  await sendEncoded(response, answer, metricsEncoding(request.headers['accept-encoding']))
}

/** A part of a body; `release` is called once its bytes are no longer needed. */
export interface BodyPiece {
  readonly bytes: Uint8Array
  release?(): void
}

/**
 * Sends a body that is not whole yet, piece by piece, compressed as `respondCompressed` does. Resolves once the last
 * byte is handed to the socket or the client is gone; rejects, with a part of the body sent, if `next` does.
 */
export async function respondPieces(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Omit<Answer, 'body'>,
  next: () => Promise<BodyPiece | undefined>,
): Promise<void> {
  const encoding = acceptedEncoding(request.headers['accept-encoding'])
  if (encoding && !response.hasHeader('Vary')) response.setHeader('Vary', 'Accept-Encoding')
  const headers = { ...answer.headers, ...(encoding && { 'Content-Encoding': encoding }) }
  writeHead(response, { ...answer, headers })
  endIfStalled(response)
  let stream: NodeJS.WritableStream & { readonly destroyed?: boolean } = response
  if (encoding) {
    const packer =
      encoding === 'gzip' ? createGzip({ level: LEVEL }) : createDeflate({ level: LEVEL })
    packer.pipe(response)
    response.once('close', () => packer.destroy())
    stream = packer
  }
  // A stream that ends early does not tell of what it had not written yet.
  const held = new Set<BodyPiece>()
  response.once('close', () => {
    for (const piece of held) piece.release?.()
    held.clear()
  })
  for (let piece = await next(); piece; piece = await next()) {
    const written = piece
    if (stream.destroyed || response.destroyed) {
      written.release?.()
      return
    }
    held.add(written)
    const release = () => {
      if (held.delete(written)) written.release?.()
    }
    if (!stream.write(written.bytes, release)) await drained(stream)
  }
  if (!response.destroyed) stream.end()
}

/** Sends an answer as it is. */
export async function respond(response: ServerResponse, answer: Answer): Promise<void> {
  const pieces = toPieces(answer.body)
  const sizeBytes = pieces.reduce((total, piece) => total + piece.length, 0)
  await send(response, answer, pieces, sizeBytes)
}

/** Plain text as Go's http.Error sends it: with a line end, and no sniffing. */
export function respondError(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Plain text as Go sends what a handler just writes. */
export function respondText(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

async function send(
  response: ServerResponse,
  answer: Answer,
  pieces: readonly Uint8Array[],
  sizeBytes: number,
): Promise<void> {
  writeHead(response, answer, sizeBytes)
  if (sizeBytes >= STREAM_FROM_BYTES) endIfStalled(response)
  await writeAll(response, pieces)
}

/** What is not sent yet is memory: whoever takes nothing for so long gets nothing more. */
function endIfStalled(response: ServerResponse): void {
  response.setTimeout?.(STALLED_MS, () => response.destroy())
}

function writeHead(
  response: ServerResponse,
  { status = 200, contentType, headers }: Omit<Answer, 'body'>,
  sizeBytes?: number,
): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    ...(sizeBytes !== undefined && { 'Content-Length': sizeBytes }),
    ...headers,
  })
}

async function writeAll(
  stream: NodeJS.WritableStream & { readonly destroyed?: boolean },
  pieces: readonly Uint8Array[],
): Promise<void> {
  for (const piece of pieces) {
    if (stream.destroyed) return
    if (!stream.write(piece)) await drained(stream)
  }
  stream.end()
}

function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      stream.off('drain', finish)
      stream.off('close', finish)
      stream.off('error', finish)
      resolve()
    }
    stream.on('drain', finish).on('close', finish).on('error', finish)
  })
}

function toPieces(body: Answer['body']): readonly Uint8Array[] {
  if (typeof body === 'string') return [Buffer.from(body)]
  return body instanceof Uint8Array ? [body] : body
}

/** Compat: the first known name in the client's order, whatever its weight. */
function acceptedEncoding(header: string | string[] | undefined): 'gzip' | 'deflate' | undefined {
  for (const part of String(header ?? '').split(',')) {
    const name = part.split(';')[0]?.trim()
    if (name === 'gzip' || name === 'deflate') return name
  }
  return undefined
}

/** Compat: the heaviest of identity and gzip, of two alike the plain one; weights that are none do not count. */
function metricsEncoding(header: string | string[] | undefined): 'gzip' | undefined {
  let best: { readonly name: string; readonly weight: number } | undefined
  const clauses = String(header ?? '')
    .split(',')
    .map((clause) => /^\s*([^\s;]+)\s*(?:;\s*q=([01](?:\.\d*)?)\s*)?$/.exec(clause))
  for (const offer of ['identity', 'gzip']) {
    for (const clause of clauses) {
      if (!clause || (clause[1] !== '*' && clause[1] !== offer)) continue
      const weight = Number(clause[2] ?? 1)
      if (!best || weight > best.weight) best = { name: offer, weight }
    }
  }
  return best?.name === 'gzip' && best.weight > 0 ? 'gzip' : undefined
}
