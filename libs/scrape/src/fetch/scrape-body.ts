import { gunzipSync } from 'node:zlib'
import { uncompressZstd } from '@prom/compress'
import { BODY_PADDING, type BodyMemory, type BodySlot } from '../body-memory.ts'
import { ScrapeError } from '../errors.ts'
import type { DirectGunzip } from './gunzip.ts'

/** A fetched body in kernel memory; the byte behind it may be overwritten. */
export interface ScrapeBody {
  readonly address: number
  readonly length: number
  readonly contentType: string | undefined
}

/** A compressed body may not grow beyond this, limit or not. */
const UNPACKED_MAX = 512 << 20

/** A body in a slot of its own, which whoever has it releases once. */
export interface PlacedBody extends ScrapeBody {
  readonly slot: BodySlot
}

/** Copies bytes into a slot. Throws ScrapeError if memory is short. */
export function placeBody(
  memory: BodyMemory,
  bytes: Uint8Array,
  contentType: string | undefined,
): PlacedBody {
  const slot = acquire(memory, bytes.length)
  memory.bytes.set(bytes, slot.address)
  return { slot, address: slot.address, length: bytes.length, contentType }
}

/** Unpacks a body into a slot. Throws ScrapeError. */
export function unpackBody(
  memory: BodyMemory,
  gunzip: DirectGunzip,
  packed: Uint8Array,
  { encoding, contentType, bodyMax, sizeHint }: UnpackOptions,
): PlacedBody {
  if (encoding === 'gzip') {
    const slot = acquire(memory, sizeHint)
    const { address } = slot
    const to = memory.bytes.subarray(address, address + slot.sizeBytes - BODY_PADDING)
    const length = gunzip.unpack(packed, to)
    if (length >= 0 && (bodyMax === 0 || length <= bodyMax)) {
      return { slot, address, length, contentType }
    }
    memory.release(slot)
  }
  return placeBody(memory, unpack(encoding, packed, bodyMax, sizeHint), contentType)
}

export interface UnpackOptions {
  /** gzip and zstd are unpacked; a body of another encoding stays as it is. */
  readonly encoding: string
  readonly contentType: string | undefined
  /** 0 = the house limit. */
  readonly bodyMax: number
  /** What to expect. */
  readonly sizeHint: number
}

function acquire(memory: BodyMemory, sizeBytes: number): BodySlot {
  const slot = memory.acquire(sizeBytes + BODY_PADDING)
  if (!slot) throw new ScrapeError('no memory left for scrape bodies', { limit: 'body' })
  return slot
}

function unpack(
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
