import { promisify } from 'node:util'
import { constants, gunzip, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import { CompressError } from './errors.ts'

export function compressGzip(
  bytes: Uint8Array,
  level = constants.Z_DEFAULT_COMPRESSION,
): Uint8Array {
  return gzipSync(bytes, { level })
}

/** Throws CompressError if the bytes are malformed or hold more than `max`. */
export function uncompressGzip(bytes: Uint8Array, max: number): Uint8Array {
  return attempt('gzip', () =>
    gunzipSync(bytes, { maxOutputLength: max, chunkSize: chunkSize(bytes) }),
  )
}

const gunzipLater = promisify(gunzip)

/** As `uncompressGzip`, beside the thread: for bodies that would hold it up. */
export async function uncompressGzipLater(bytes: Uint8Array, max: number): Promise<Uint8Array> {
  try {
    return await gunzipLater(bytes, { maxOutputLength: max, chunkSize: chunkSize(bytes) })
  } catch (cause) {
    throw failure('gzip', cause)
  }
}

/** zlib format (`Content-Encoding: deflate`). Throws as `uncompressGzip`. */
export function uncompressDeflate(bytes: Uint8Array, max: number): Uint8Array {
  return attempt('deflate', () =>
    inflateSync(bytes, { maxOutputLength: max, chunkSize: chunkSize(bytes) }),
  )
}

// The default of 16 KiB makes large bodies two to four times slower.
function chunkSize(bytes: Uint8Array): number {
  return Math.min(4 << 20, Math.max(16 << 10, bytes.length * 8))
}

function attempt(name: string, work: () => Uint8Array): Uint8Array {
  try {
    return work()
  } catch (cause) {
    throw failure(name, cause)
  }
}

function failure(name: string, cause: unknown): CompressError {
  const isTooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
  const reason = isTooLarge ? 'content is too large' : (cause as Error).message
  return new CompressError(`${name}: ${reason}`, { cause })
}
