/** zstd: read everywhere, written only where the runtime's zlib has it (Node 22.15 and later). */
import zlib from 'node:zlib'
import { decompress } from 'fzstd'
import { CompressError } from './errors.ts'

interface ZstdZlib {
  zstdCompressSync?: (bytes: Uint8Array) => Uint8Array
  zstdDecompressSync?: (bytes: Uint8Array, options?: { maxOutputLength?: number }) => Uint8Array
}

const runtime = zlib as unknown as ZstdZlib
const UNCOMPRESSED_MAX = 1 << 30

export function canCompressZstd(): boolean {
  return runtime.zstdCompressSync !== undefined
}

/** Throws CompressError where the runtime has no zstd. */
export function compressZstd(bytes: Uint8Array): Uint8Array {
  if (!runtime.zstdCompressSync) throw new CompressError('zstd: this runtime cannot write it')
  return runtime.zstdCompressSync(bytes)
}

/** One frame. Throws CompressError if it is malformed or holds more than `max` bytes. */
export function uncompressZstd(bytes: Uint8Array, max = UNCOMPRESSED_MAX): Uint8Array {
  try {
    if (runtime.zstdDecompressSync)
      return runtime.zstdDecompressSync(bytes, { maxOutputLength: max })
    const plain = decompress(bytes)
    if (plain.length > max) throw new Error('content is too large')
    return plain
  } catch (cause) {
    throw new CompressError(`zstd: ${(cause as Error).message}`, { cause })
  }
}
