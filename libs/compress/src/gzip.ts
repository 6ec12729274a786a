import { constants, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
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
    const isTooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    throw new CompressError(
      `${name}: ${isTooLarge ? 'content is too large' : (cause as Error).message}`,
      { cause },
    )
  }
}
