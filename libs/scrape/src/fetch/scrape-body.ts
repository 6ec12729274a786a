import { gunzipSync } from 'node:zlib'
import { uncompressZstd } from '@prom/compress'
import { BODY_PADDING, type BodyMemory, type BodySlot } from '../body-memory.ts'
import { ScrapeError } from '../errors.ts'

/** A fetched body in kernel memory; whoever has it calls `release` once. */
export interface ScrapeBody {
  readonly slot: BodySlot
  readonly address: number
  readonly length: number
  readonly contentType: string | undefined
}

/** A compressed body may not grow beyond this, limit or not. */
const UNPACKED_MAX = 512 << 20

/** Copies bytes into a slot of their own. Throws ScrapeError if memory is short. */
export function placeBody(
  memory: BodyMemory,
  bytes: Uint8Array,
  contentType: string | undefined,
): ScrapeBody {
  const slot = memory.acquire(bytes.length + BODY_PADDING)
  if (!slot) throw new ScrapeError('no memory left for scrape bodies', { limit: 'body' })
  memory.bytes.set(bytes, slot.address)
  return { slot, address: slot.address, length: bytes.length, contentType }
}

/** Unpacks a body as its Content-Encoding says; one that is not known stays as it is. Throws ScrapeError. */
export function unpack(
  encoding: string,
  packed: Uint8Array,
  bodyMax: number,
  sizeHint: number,
): Uint8Array {
  if (encoding === 'gzip') return unpackGzip(packed, bodyMax, sizeHint)
  if (encoding === 'zstd') return unpackZstd(packed, bodyMax)
  return packed
}

function unpackZstd(packed: Uint8Array, bodyMax: number): Uint8Array {
  const max = bodyMax > 0 ? Math.min(bodyMax, UNPACKED_MAX) : UNPACKED_MAX
  try {
    return uncompressZstd(packed, max)
  } catch (err) {
    if ((err as Error).message === 'zstd: content is too large') {
      throw new ScrapeError('body size limit exceeded', { limit: 'body', cause: err })
    }
    throw new ScrapeError((err as Error).message, { cause: err })
  }
}

/** Unpacks gzip, up to `bodyMax` bytes (0 = the house limit). `sizeHint` is what to expect. */
function unpackGzip(packed: Uint8Array, bodyMax: number, sizeHint: number): Uint8Array {
  try {
    return gunzipSync(packed, {
      maxOutputLength: bodyMax > 0 ? Math.min(bodyMax, UNPACKED_MAX) : UNPACKED_MAX,
      chunkSize: Math.max(16 << 10, Math.min(sizeHint, 8 << 20)),
    })
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ScrapeError('body size limit exceeded', { limit: 'body', cause: err })
    }
    throw new ScrapeError(code === 'Z_BUF_ERROR' ? 'unexpected EOF' : 'gzip: invalid header', {
      cause: err,
    })
  }
}
