/**
 * The outline of zstd data, read without unpacking any of it (RFC 8878, 3.1):
 *
 *     frame = magic u32 | descriptor u8 | window u8? | dictionary 0-4 | content size 0-8 | block* | checksum u32?
 *     block = u24: last 1 bit, type 2 bits (raw, one byte repeated, compressed, reserved), size 21 bits | bytes
 */
export interface ZstdFrame {
  readonly windowBytes: number
  /** What it says it unpacks to; undefined if it does not say. */
  readonly contentBytes: number | undefined
}

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a5
const RLE = 1
const RESERVED = 3

/** All frames that hold something. Throws Error where the data is cut short or is none. */
export function zstdFrames(bytes: Uint8Array): ZstdFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const frames: ZstdFrame[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + 8 > bytes.length) throw new Error('unexpected end of data')
    const magic = view.getUint32(at, true)
    if (magic >>> 4 === SKIPPABLE) {
      at += 8 + view.getUint32(at + 4, true)
      continue
    }
    if (magic !== MAGIC) throw new Error('invalid magic number')
    const { frame, end, hasChecksum } = readHeader(view, at + 4)
    frames.push(frame)
    at = skipBlocks(view, end) + (hasChecksum ? 4 : 0)
  }
  if (at > bytes.length) throw new Error('unexpected end of data')
  return frames
}

function readHeader(view: DataView, start: number) {
  try {
    const descriptor = view.getUint8(start)
    let at = start + 1
    const isSingle = (descriptor & 32) !== 0
    let windowBytes = 0
    if (!isSingle) {
      const window = view.getUint8(at++)
      windowBytes = 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8)
    }
    at += [0, 1, 2, 4][descriptor & 3] as number
    let contentBytes: number | undefined
    switch (descriptor >> 6) {
      case 0:
        if (isSingle) contentBytes = view.getUint8(at++)
        break
      case 1:
        contentBytes = view.getUint16(at, true) + 256
        at += 2
        break
      case 2:
        contentBytes = view.getUint32(at, true)
        at += 4
        break
      default:
        contentBytes = Number(view.getBigUint64(at, true))
        at += 8
    }
    if (isSingle) windowBytes = contentBytes as number
    return { frame: { windowBytes, contentBytes }, end: at, hasChecksum: (descriptor & 4) !== 0 }
  } catch {
    throw new Error('unexpected end of data')
  }
}

/** Where the last block of the frame ends. */
function skipBlocks(view: DataView, start: number): number {
  let at = start
  for (let isLast = false; !isLast; ) {
    if (at + 3 > view.byteLength) throw new Error('unexpected end of data')
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    const type = (header >> 1) & 3
    if (type === RESERVED) throw new Error('invalid block type')
    isLast = (header & 1) === 1
    at += 3 + (type === RLE ? 1 : header >> 3)
  }
  return at
}
