import type { IncomingMessage } from 'node:http'
import { HttpLimitError } from './errors.ts'

/** After a body went over its limit, this much more is thrown away so that the answer gets through. */
const DISCARD_BYTES = 1024 * 1024

/** The whole body, as sent (still compressed). Rejects with HttpLimitError once it is over `limitBytes`. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let sizeBytes = 0
    const refuse = () => {
      pieces.length = 0
      const message = `request body exceeds the ${limitBytes} bytes limit`
      reject(new HttpLimitError(message, limitBytes))
    }
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) refuse()
    request.on('data', (piece: Buffer) => {
      sizeBytes += piece.length
      if (sizeBytes <= limitBytes) pieces.push(piece)
      else refuse()
      if (sizeBytes > limitBytes + DISCARD_BYTES) request.destroy()
    })
    request.on('end', () => resolve(Buffer.concat(pieces)))
    request.on('error', reject)
    request.on('close', () => reject(new Error('unexpected EOF')))
  })
}

/** Compat: Go reads at most this much of a form, and so do we. */
const FORM_LIMIT_BYTES = 10 * 1024 * 1024

/** Parameters of a request: those of a POST, PUT or PATCH form first, then those of the URL. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const inUrl = queryOf(request)
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(
    request.headers['content-type'] ?? '',
  )
  if (!isForm || !/^(POST|PUT|PATCH)$/.test(request.method ?? '')) return inUrl
  const form = parseParameters((await readBody(request, FORM_LIMIT_BYTES)).toString())
  for (const [name, value] of inUrl) form.append(name, value)
  return form
}

/** Parameters of the request's URL. */
export function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  return parseParameters(mark < 0 ? '' : url.slice(mark + 1))
}

/** Compat: as in Go, a pair with a semicolon or with an escape that is none is left out. */
function parseParameters(text: string): URLSearchParams {
  if (!text.includes(';') && !BAD_ESCAPE.test(text)) return new URLSearchParams(text)
  const isSound = (pair: string) => !pair.includes(';') && !BAD_ESCAPE.test(pair)
  return new URLSearchParams(text.split('&').filter(isSound).join('&'))
}

const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/
