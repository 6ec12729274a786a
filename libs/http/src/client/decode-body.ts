import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** The answer's bytes, with gzip undone if asked; what a packed body grows to is counted by the reader. */
export function decodeBody(response: IncomingMessage, isDecoding: boolean): Readable {
  if (!isDecoding || response.headers['content-encoding'] !== 'gzip') return response
  delete response.headers['content-encoding']
  delete response.headers['content-length']
  const gunzip = createGunzip()
  response.on('error', (err) => gunzip.destroy(err))
  return response.pipe(gunzip)
}
