/**
 * The framing format of snappy, for streams:  chunk*
 *
 *   chunk   type (1 byte), length (3 bytes, little-endian), data
 *   ff      the stream's name, `sNaPpY`; the first chunk
 *   00, 01  a masked CRC-32C of what follows once uncompressed (4 bytes), then a block, or plain bytes
 *   02-7f   unknown, an error; 80-fe may be skipped
 */
import { crc32c } from '@prom/bytes'
import { CompressError } from './errors.ts'
import { uncompressedSize, uncompressTwin } from './snappy.ts'

const NAME = 'sNaPpY'
const CHUNK_BYTES_MAX = 65_536

/** Throws CompressError if the stream is malformed or holds more than `max` bytes. */
export function uncompressSnappyFramed(bytes: Uint8Array, max: number): Uint8Array {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for (let at = 0; at < source.length; ) {
    if (at + 4 > source.length) throw corrupt()
    const type = source.readUInt8(at)
    const length = source.readUIntLE(at + 1, 3)
    const end = at + 4 + length
    if (end > source.length || (at === 0 && type !== 0xff)) throw corrupt()
    const data = source.subarray(at + 4, end)
    at = end
    if (type === 0xff) {
      if (data.toString('latin1') !== NAME) throw corrupt()
    } else if (type <= 1) {
      const piece = readChunk(type, data)
      sizeBytes += piece.length
      if (sizeBytes > max) throw new CompressError('snappy: content is too large')
      pieces.push(piece)
    } else if (type < 0x80) throw new CompressError('snappy: unsupported input')
  }
  return Buffer.concat(pieces)
}

function readChunk(type: number, data: Buffer): Uint8Array {
  if (data.length < 4) throw corrupt()
  const checksum = data.readUInt32LE(0)
  const packed = data.subarray(4)
  if (type === 0 && uncompressedSize(packed) > CHUNK_BYTES_MAX) throw corrupt()
  const piece = type === 0 ? uncompressTwin(packed, CHUNK_BYTES_MAX) : packed
  if (piece.length > CHUNK_BYTES_MAX || mask(crc32c(piece)) !== checksum) throw corrupt()
  return piece
}

/** Checksums that are themselves checksummed are rotated and shifted first. */
function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

function corrupt(): CompressError {
  return new CompressError('snappy: corrupt input')
}
