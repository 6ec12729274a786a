/** zstd: read everywhere, written only where the runtime's zlib has it (Node 22.15 and later). */
import zlib from 'node:zlib'
import { Decompress, decompress } from 'fzstd'
import { CompressError } from './errors.ts'
import { zstdFrames } from './zstd-frames.ts'

interface ZstdZlib {
  zstdCompressSync?: (bytes: Uint8Array) => Uint8Array
  zstdDecompressSync?: (bytes: Uint8Array, options?: { maxOutputLength?: number }) => Uint8Array
}

const runtime = zlib as unknown as ZstdZlib
const UNCOMPRESSED_MAX = 1 << 30
/** Of a frame that does not say its size; what servers use is far below. */
const WINDOW_MAX = 128 << 20
const TOO_LARGE = 'content is too large'

export function canCompressZstd(): boolean {
  return runtime.zstdCompressSync !== undefined
}

/** Throws CompressError where the runtime has no zstd. */
export function compressZstd(bytes: Uint8Array): Uint8Array {
  if (!runtime.zstdCompressSync) throw new CompressError('zstd: this runtime cannot write it')
  return runtime.zstdCompressSync(bytes)
}

/** All frames. Throws CompressError if they are malformed or hold more than `max` bytes. */
export function uncompressZstd(bytes: Uint8Array, max = UNCOMPRESSED_MAX): Uint8Array {
  try {
    if (runtime.zstdDecompressSync) {
      return runtime.zstdDecompressSync(bytes, { maxOutputLength: max })
    }
    return unpack(bytes, max)
  } catch (cause) {
    const isTooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    const reason = isTooLarge ? TOO_LARGE : (cause as Error).message
    throw new CompressError(`zstd: ${reason}`, { cause })
  }
}

/** The decoder believes what a frame says of itself and makes room for it: looked at before. */
function unpack(bytes: Uint8Array, max: number): Uint8Array {
  const frames = zstdFrames(bytes)
  let total = 0
  for (const { contentBytes = 0 } of frames) total += contentBytes
  if (total > max) throw new Error(TOO_LARGE)
  if (frames.every(({ contentBytes }) => contentBytes !== undefined)) return decompress(bytes)
  if (frames.some(({ windowBytes }) => windowBytes > WINDOW_MAX)) throw new Error(TOO_LARGE)
  const pieces: Uint8Array[] = []
  let length = 0
  const stream = new Decompress((piece) => {
    length += piece.length
    if (length > max) throw new Error(TOO_LARGE)
    pieces.push(piece.slice())
  })
  stream.push(bytes, true)
  return Buffer.concat(pieces, length)
}
