// The snappy block format: uvarint length, then elements: literals (tag 00) and copies (tags 01, 10, 11).

const BLOCK: u32 = 65536
const MARGIN: u32 = 15

/** Most bytes `snappyCompress` can write for `length` bytes. */
export function snappyBound(length: u32): u32 {
  return 32 + length + length / 6
}

/**
 * Compresses `length` bytes at `source` to `target` (room for snappyBound), using 32 KiB of scratch at `table`.
 * Returns the compressed size.
 */
export function snappyCompress(source: usize, length: u32, target: usize, table: usize): u32 {
  let out = target
  let rest = length
  while (rest >= 0x80) {
    store<u8>(out++, <u8>(rest | 0x80))
    rest >>= 7
  }
  store<u8>(out++, <u8>rest)
  let at: u32 = 0
  while (at < length) {
    const size = min<u32>(BLOCK, length - at)
    out = compressBlock(source + at, size, out, table)
    at += size
  }
  return <u32>(out - target)
}

function compressBlock(source: usize, length: u32, target: usize, table: usize): usize {
  let out = target
  if (length < 17) return putLiteral(source, length, out)
  let tableBits: u32 = 8
  while (tableBits < 14 && ((<u32>1) << tableBits) < length) tableBits++
  const shift = 32 - tableBits
  memory.fill(table, 0, (<usize>2) << tableBits)

  const limit = length - MARGIN
  let emitted: u32 = 0
  let s: u32 = 1
  let nextHash = hash(load<u32>(source + s), shift)
  while (true) {
    let skip: u32 = 32
    let next = s
    let candidate: u32 = 0
    do {
      s = next
      next = s + (skip >> 5)
      skip += skip >> 5
      if (next > limit) return putLiteral(source + emitted, length - emitted, out)
      const slot = table + ((<usize>nextHash) << 1)
      candidate = load<u16>(slot)
      store<u16>(slot, <u16>s)
      nextHash = hash(load<u32>(source + next), shift)
    } while (load<u32>(source + s) != load<u32>(source + candidate))

    out = putLiteral(source + emitted, s - emitted, out)
    while (true) {
      const base = s
      s += 4
      let i = candidate + 4
      while (s + 8 <= length) {
        const different = load<u64>(source + s) ^ load<u64>(source + i)
        if (different != 0) {
          s += <u32>(ctz<u64>(different) >> 3)
          break
        }
        s += 8
        i += 8
      }
      if (s + 8 > length) {
        i = candidate + (s - base)
        while (s < length && load<u8>(source + s) == load<u8>(source + i)) {
          s++
          i++
        }
      }
      out = putCopy(base - candidate, s - base, out)
      emitted = s
      if (s >= limit) return emitted < length ? putLiteral(source + emitted, length - emitted, out) : out

      store<u16>(table + ((<usize>hash(load<u32>(source + s - 1), shift)) << 1), <u16>(s - 1))
      const word = load<u32>(source + s)
      const slot = table + ((<usize>hash(word, shift)) << 1)
      candidate = load<u16>(slot)
      store<u16>(slot, <u16>s)
      if (word != load<u32>(source + candidate)) {
        s++
        nextHash = hash(load<u32>(source + s), shift)
        break
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function hash(word: u32, shift: u32): u32 {
  return (word * 0x1e35a7bd) >> shift
}

function putLiteral(source: usize, length: u32, target: usize): usize {
  let out = target
  if (length == 0) return out
  const n = length - 1
  if (n < 60) store<u8>(out++, <u8>(n << 2))
  else if (n < 256) {
    store<u8>(out++, 60 << 2)
    store<u8>(out++, <u8>n)
  } else {
    store<u8>(out++, 61 << 2)
    store<u16>(out, <u16>n)
    out += 2
  }
  // Most literals are a few bytes: a call of the engine's copy, atomic on shared memory, costs more than all else.
  // Up to 7 bytes too many are written; what comes next overwrites them, and the bound leaves room for the last.
  if (length <= 64) {
    let i: u32 = 0
    do {
      store<u64>(out + i, load<u64>(source + i))
      i += 8
    } while (i < length)
  } else {
    memory.copy(out, source, length)
  }
  return out + length
}

function putCopy(offset: u32, length: u32, target: usize): usize {
  let out = target
  let left = length
  while (left >= 68) {
    store<u8>(out++, (63 << 2) | 2)
    store<u16>(out, <u16>offset)
    out += 2
    left -= 64
  }
  if (left > 64) {
    store<u8>(out++, (59 << 2) | 2)
    store<u16>(out, <u16>offset)
    out += 2
    left -= 60
  }
  if (left >= 12 || offset >= 2048) {
    store<u8>(out++, <u8>(((left - 1) << 2) | 2))
    store<u16>(out, <u16>offset)
    return out + 2
  }
  store<u8>(out++, <u8>(((offset >> 8) << 5) | ((left - 4) << 2) | 1))
  store<u8>(out++, <u8>offset)
  return out
}

/**
 * Uncompresses a block to `target`, which has room for `room` bytes. Returns the size, or -1 if the block is
 * malformed or larger than `room`. Nothing outside source and target is touched.
 */
export function snappyUncompress(source: usize, length: u32, target: usize, room: u32): i32 {
  let at: u32 = 0
  let size: u64 = 0
  let shift: u64 = 0
  let byte: u32 = 0
  do {
    if (at >= length || shift > 28) return -1
    byte = load<u8>(source + at++)
    size |= (<u64>(byte & 0x7f)) << shift
    shift += 7
  } while (byte & 0x80)
  if (size > <u64>room) return -1

  let out: u32 = 0
  while (at < length) {
    const tag: u32 = load<u8>(source + at++)
    let count = tag >> 2
    if ((tag & 3) == 0) {
      if (count >= 60) {
        const extra = count - 59
        if (extra > length - at) return -1
        count = 0
        for (let i: u32 = 0; i < extra; i++) count |= (<u32>load<u8>(source + at + i)) << (i << 3)
        at += extra
        if (count == 0xffffffff) return -1
      }
      count++
      if (count > length - at || count > <u32>size - out) return -1
      if (count <= 64 && room - out >= 80 && length - at >= 80) copyWide(target + out, source + at, count)
      else memory.copy(target + out, source + at, count)
      at += count
      out += count
      continue
    }
    let offset: u32 = 0
    if ((tag & 3) == 1) {
      if (length - at < 1) return -1
      count = ((tag >> 2) & 7) + 4
      offset = ((tag >> 5) << 8) | <u32>load<u8>(source + at)
      at += 1
    } else if ((tag & 3) == 2) {
      if (length - at < 2) return -1
      count++
      offset = load<u16>(source + at)
      at += 2
    } else {
      if (length - at < 4) return -1
      count++
      offset = load<u32>(source + at)
      at += 4
    }
    if (offset == 0 || offset > out || count > <u32>size - out) return -1
    let from = target + out - offset
    let to = target + out
    out += count
    if (offset >= 16 && room - out >= 16) copyWide(to, from, count)
    else if (offset >= 8 && room - out >= 8) for (let i: u32 = 0; i < count; i += 8) store<u64>(to + i, load<u64>(from + i))
    else if (offset >= count) memory.copy(to, from, count)
    else for (let i: u32 = 0; i < count; i++) store<u8>(to + i, load<u8>(from + i))
  }
  return out == <u32>size ? <i32>out : -1
}

/**
 * Copies `count` bytes sixteen at a time, up to 15 too many: what comes next overwrites them. `from` is at least 16
 * bytes before `to`, or elsewhere. A call of the engine's copy, atomic on shared memory, costs more for so few.
 */
// @ts-ignore: decorator
@inline
function copyWide(to: usize, from: usize, count: u32): void {
  v128.store(to, v128.load(from))
  for (let i: u32 = 16; i < count; i += 16) v128.store(to + i, v128.load(from + i))
}
