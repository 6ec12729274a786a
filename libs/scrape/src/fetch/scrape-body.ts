import { gunzipSync } from 'node:zlib'
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

/** Unpacks gzip into a slot; `sizeHint` is what to expect, `bodyMax` as for `unpackGzip`. Throws ScrapeError. */
export function unpackBody(
  memory: BodyMemory,
  gunzip: DirectGunzip,
  packed: Uint8Array,
  { contentType, bodyMax, sizeHint }: UnpackOptions,
): PlacedBody {
  const slot = acquire(memory, sizeHint)
  const { address } = slot
  const to = memory.bytes.subarray(address, address + slot.sizeBytes - BODY_PADDING)
  const length = gunzip.unpack(packed, to)
  if (length >= 0 && (bodyMax === 0 || length <= bodyMax)) {
    return { slot, address, length, contentType }
  }
  memory.release(slot)
  return placeBody(memory, unpackGzip(packed, bodyMax, sizeHint), contentType)
}

export interface UnpackOptions {
  readonly contentType: string | undefined
  readonly bodyMax: number
  readonly sizeHint: number
}

function acquire(memory: BodyMemory, sizeBytes: number): BodySlot {
  const slot = memory.acquire(sizeBytes + BODY_PADDING)
  if (!slot) throw new ScrapeError('no memory left for scrape bodies', { limit: 'body' })
  return slot
}

/** Unpacks gzip, up to `bodyMax` bytes (0 = the house limit). `sizeHint` is what to expect. */
export function unpackGzip(packed: Uint8Array, bodyMax: number, sizeHint: number): Uint8Array {
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
