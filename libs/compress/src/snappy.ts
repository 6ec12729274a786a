/** Snappy block format, through the kernel; through snappyjs (the twin) where a block is too large for it. */
import {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type Kernels,
} from '@prom/kernels'
import snappyjs from 'snappyjs'
import { CompressError } from './errors.ts'

const MEMORY_BYTES = 192 << 20
const TABLE = KERNEL_DATA_BYTES
const SOURCE = TABLE + 32768
const HALF_BYTES = Math.floor((MEMORY_BYTES - SOURCE) / 2) - 65536
const TARGET = SOURCE + HALF_BYTES
/** Most a block may say it holds, unless the caller says otherwise. */
const UNCOMPRESSED_MAX = 1 << 30

// One instance per thread, made at first use: its pages cost memory only as far as they are used.
let shared: { readonly kernels: Kernels; readonly u8: Uint8Array } | undefined

function instance() {
  if (!shared) {
    const kernels = instantiateKernels(createKernelMemory(MEMORY_BYTES))
    shared = { kernels, u8: new Uint8Array(kernels.memory.buffer) }
  }
  return shared
}

export function compressSnappy(bytes: Uint8Array): Uint8Array {
  if (bytes.length * 1.2 + 64 > HALF_BYTES) return snappyjs.compress(bytes)
  const { kernels, u8 } = instance()
  u8.set(bytes, SOURCE)
  const size = kernels.exports.snappyCompress(SOURCE, bytes.length, TARGET, TABLE)
  return unshare(u8, TARGET, size)
}

/** Throws CompressError if the block is malformed or says it holds more than `max` bytes. */
export function uncompressSnappy(bytes: Uint8Array, max = UNCOMPRESSED_MAX): Uint8Array {
  const size = uncompressedSize(bytes)
  if (size > max) throw new CompressError('snappy: decoded block is too large')
  if (Math.max(size, bytes.length) > HALF_BYTES) return uncompressTwin(bytes, size)
  const { kernels, u8 } = instance()
  u8.set(bytes, SOURCE)
  const done = kernels.exports.snappyUncompress(SOURCE, bytes.length, TARGET, size)
  if (done < 0) throw new CompressError('snappy: corrupt input')
  return unshare(u8, TARGET, done)
}

/** The size a block says it holds. Throws CompressError if it does not say. */
export function uncompressedSize(bytes: Uint8Array): number {
  let size = 0
  let scale = 1
  for (let i = 0; i < bytes.length && i < 5; i++) {
    size += (bytes[i]! & 127) * scale
    if (bytes[i]! < 128) {
      if (size > 0xffffffff) break
      return size
    }
    scale *= 128
  }
  throw new CompressError('snappy: corrupt input')
}

/** The kernel's twin. */
export function uncompressTwin(bytes: Uint8Array, max = UNCOMPRESSED_MAX): Uint8Array {
  try {
    return snappyjs.uncompress(bytes, max)
  } catch (cause) {
    throw new CompressError('snappy: corrupt input', { cause })
  }
}

// What leaves must be an ordinary array: TextDecoder and sockets refuse shared ones.
function unshare(u8: Uint8Array, at: number, size: number): Uint8Array {
  const copy = new Uint8Array(size)
  copy.set(u8.subarray(at, at + size))
  return copy
}
