import {
  C_APPENDABLE_MIN, C_BUMP, C_CHUNKS, C_COMMIT, C_DUPLICATES, C_FREE, C_LATE, C_LATE_MIN, C_MAX_TIME,
  C_MIN_TIME, C_OUT_OF_BOUNDS, C_OUT_OF_ORDER, C_RANGE, C_RECORDS, C_REFUSED, C_SAMPLES_PER_CHUNK, C_SLOTS, C_STORED, C_TOO_OLD,
  C_UNKNOWN, C_WAL_BYTES, FIRST_PAYLOAD, FLAG_HISTOGRAM, NEXT_PAYLOAD, R_BITS, R_CHUNK, R_COMMIT, R_COUNT,
  R_COMMIT_BEFORE, R_COUNT_BEFORE, R_DELTA, R_FLAGS, R_LAST_TIME, R_LAST_VALUE, R_LEADING, R_REF, R_REMAINING, R_SEALED,
  R_TAIL, R_TRAILING, R_WAL_REF, ROW_DUPLICATE, ROW_LATE, ROW_OUT_OF_BOUNDS, ROW_OUT_OF_ORDER, ROW_REFUSED,
  ROW_STORED, ROW_TOO_OLD, ROW_UNKNOWN_SERIES, S_BYTES, S_COMMIT, S_COUNT, S_COUNT_BEFORE, S_FLAGS, S_MAXT,
  S_MINT, S_NEXT, S_OLDER, SEGMENT, SLOT_MASK,
} from './head-layout'
import { putVarint } from './varint'

/** Chunk bytes, the two of the sample count included, after which no sample is added. */
const CHUNK_BYTES_MAX: u32 = 1005
/** No window yet: the first change of a chunk always writes one. */
const NO_WINDOW: u8 = 0xff

/**
 * Appends `count` rows to the head and writes their samples record (type 2) to `wal`. All rows are at `time` if
 * `times` is 0. Each row's outcome goes to `statuses`, sums to the context. The caller made sure that two free
 * segments per row and 28 bytes of `wal` per row, plus 17, are there. Returns the size of the record, 0 if no row
 * was stored. With `isReplay` nothing is logged.
 */
export function headAppend(
  context: usize, refs: usize, times: usize, time: f64, values: usize, statuses: usize, count: u32, wal: usize,
  isReplay: u32,
): u32 {
  const records: usize = load<u32>(context, C_RECORDS)
  const slots = load<u32>(context, C_SLOTS)
  const appendableMin = load<f64>(context, C_APPENDABLE_MIN)
  const lateMin = load<f64>(context, C_LATE_MIN)
  let minTime = load<f64>(context, C_MIN_TIME)
  let maxTime = load<f64>(context, C_MAX_TIME)
  let at = wal
  let firstRef: i64 = 0
  let firstTime: i64 = 0
  let stored: u32 = 0

  for (let row: u32 = 0; row < count; row++) {
    const ref = load<u32>(refs + (row << 2))
    const slot = ref & SLOT_MASK
    const record = records + ((<usize>slot) << 6)
    if (ref == 0 || slot >= slots || load<u32>(record, R_REF) != ref) {
      refuse(context, statuses + row, ROW_UNKNOWN_SERIES, C_UNKNOWN)
      continue
    }
    if (load<u16>(record, R_FLAGS) & FLAG_HISTOGRAM) {
      refuse(context, statuses + row, ROW_REFUSED, C_REFUSED)
      continue
    }
    const t = times ? load<f64>(times + (row << 3)) : time
    const value = load<u64>(values + (row << 3))
    const chunk: usize = load<u32>(record, R_CHUNK)
    const last = load<f64>(record, R_LAST_TIME)

    if (t < appendableMin || (chunk != 0 && t <= last)) {
      if (chunk != 0 && t == last && t >= appendableMin) {
        if (value == load<u64>(record, R_LAST_VALUE)) {
          store<u8>(statuses + row, ROW_STORED)
          stored++
        } else refuse(context, statuses + row, ROW_DUPLICATE, C_DUPLICATES)
      } else if (t >= lateMin) refuse(context, statuses + row, ROW_LATE, C_LATE)
      else if (lateMin != Infinity) refuse(context, statuses + row, ROW_TOO_OLD, C_TOO_OLD)
      else if (t < appendableMin) refuse(context, statuses + row, ROW_OUT_OF_BOUNDS, C_OUT_OF_BOUNDS)
      else refuse(context, statuses + row, ROW_OUT_OF_ORDER, C_OUT_OF_ORDER)
      continue
    }
    if (chunk == 0) {
      const sealed: usize = load<u32>(record, R_SEALED)
      if (sealed != 0 && t <= load<f64>(sealed, S_MAXT)) {
        if (t >= lateMin) refuse(context, statuses + row, ROW_LATE, C_LATE)
        else refuse(context, statuses + row, ROW_OUT_OF_ORDER, C_OUT_OF_ORDER)
        continue
      }
    }

    appendSample(context, record, t, value)
    store<u8>(statuses + row, ROW_STORED)
    stored++
    if (t > maxTime) maxTime = t
    if (t < minTime) minTime = t

    if (isReplay) continue
    const walRef = <i64>load<u32>(record, R_WAL_REF)
    const whole = <i64>t
    if (at == wal) {
      store<u8>(at, 2)
      store<u64>(at + 1, bswap<u64>(<u64>walRef))
      store<u64>(at + 9, bswap<u64>(<u64>whole))
      at += 17
      firstRef = walRef
      firstTime = whole
    }
    at = putVarint(at, walRef - firstRef)
    at = putVarint(at, whole - firstTime)
    store<u64>(at, bswap<u64>(value))
    at += 8
  }

  store<f64>(context, minTime, C_MIN_TIME)
  store<f64>(context, maxTime, C_MAX_TIME)
  store<u32>(context, load<u32>(context, C_STORED) + stored, C_STORED)
  return <u32>(at - wal)
}

/**
 * The first of `count` rows that a row appender would refuse, by what the head holds now; `count` if there is none.
 * What rows of one batch are to each other is found out when they are appended.
 */
export function headCheck(context: usize, refs: usize, times: usize, values: usize, count: u32): u32 {
  const records: usize = load<u32>(context, C_RECORDS)
  const slots = load<u32>(context, C_SLOTS)
  const appendableMin = load<f64>(context, C_APPENDABLE_MIN)
  const lateMin = load<f64>(context, C_LATE_MIN)
  for (let row: u32 = 0; row < count; row++) {
    const ref = load<u32>(refs + (row << 2))
    const slot = ref & SLOT_MASK
    const record = records + ((<usize>slot) << 6)
    if (ref == 0 || slot >= slots || load<u32>(record, R_REF) != ref) return row
    const t = load<f64>(times + (row << 3))
    if (t >= appendableMin) {
      if (load<u32>(record, R_CHUNK) == 0) continue
      const last = load<f64>(record, R_LAST_TIME)
      if (t > last) continue
      if (t == last) {
        if (load<u16>(record, R_FLAGS) & FLAG_HISTOGRAM) return row
        if (load<u64>(values + (row << 3)) != load<u64>(record, R_LAST_VALUE)) return row
        continue
      }
    }
    if (t < lateMin) return row
  }
  return count
}

/** Cuts the open chunk of a record, if any, so that the next sample starts a new one. */
export function headSeal(context: usize, record: usize): void {
  if (load<u32>(record, R_CHUNK) != 0) seal(record)
}

// @ts-ignore: decorator
@inline
function refuse(context: usize, status: usize, code: u8, counter: usize): void {
  store<u8>(status, code)
  store<u32>(context + counter, load<u32>(context + counter) + 1)
}

function appendSample(context: usize, record: usize, t: f64, value: u64): void {
  const commit = load<u32>(context, C_COMMIT)
  let count: u32 = load<u16>(record, R_COUNT)
  let isNew = true
  const before = load<u32>(record, R_COMMIT)
  if (before != commit) store<u16>(record, <u16>before, R_COMMIT_BEFORE)
  let delta: u64 = 0
  if (load<u32>(record, R_CHUNK) != 0) {
    const last = load<f64>(record, R_LAST_TIME)
    const gap = t - last
    // At a quarter of the planned samples the rest is planned; at twice as many the chunk ends in any case.
    const planned: u32 = load<u32>(context, C_SAMPLES_PER_CHUNK)
    if (count == planned >> 2) judge(record, last)
    const bytes: u32 = 2 + ((<u32>load<u16>(record, R_BITS) + 7) >> 3)
    isNew = bytes > CHUNK_BYTES_MAX || gap >= <f64>load<u32>(record, R_REMAINING) || count >= planned << 1
    if (isNew) seal(record)
    else {
      delta = <u64>(<i64>gap)
      store<u32>(record, load<u32>(record, R_REMAINING) - <u32>delta, R_REMAINING)
    }
  }
  if (isNew) {
    startChunk(context, record, t, commit)
    count = 0
  } else if (before != commit) {
    store<u32>(record, commit, R_COMMIT)
    store<u16>(record, <u16>count, R_COUNT_BEFORE)
  }

  if (count == 0) {
    let zigzag: u64 = (<u64>(<i64>t) << 1) ^ <u64>((<i64>t) >> 63)
    while (zigzag >= 0x80) {
      put(context, record, (zigzag & 0x7f) | 0x80, 8)
      zigzag >>= 7
    }
    put(context, record, zigzag, 8)
    put(context, record, value, 64)
  } else {
    if (count == 1) {
      let rest = delta
      while (rest >= 0x80) {
        put(context, record, (rest & 0x7f) | 0x80, 8)
        rest >>= 7
      }
      put(context, record, rest, 8)
    }
    const change: i64 = count == 1 ? 1 : <i64>delta - <i64>load<u32>(record, R_DELTA)
    if (count != 1 && change != 0) putDeltaOfDelta(context, record, change)
    // No change of the delta is a single 0 bit: written together with the value.
    putValue(context, record, value ^ load<u64>(record, R_LAST_VALUE), change == 0 ? 1 : 0)
    store<u32>(record, <u32>delta, R_DELTA)
  }
  store<f64>(record, t, R_LAST_TIME)
  store<u64>(record, value, R_LAST_VALUE)
  store<u16>(record, <u16>(count + 1), R_COUNT)
}

/** Divides the rest of the 2 h window into equal chunks; a quarter of one is there. */
function judge(record: usize, last: f64): void {
  const start = load<f64>(<usize>load<u32>(record, R_CHUNK), S_MINT)
  const width = last + <f64>load<u32>(record, R_REMAINING) - start
  const n = width / ((last - start + 1) * 4)
  if (n <= 1) return
  // Integer division as in the original: start + (nextAt - start) / floor(n), in whole milliseconds.
  const nextAt = start + Math.trunc(width / Math.floor(n))
  const remaining = nextAt - last
  store<u32>(record, remaining > 0 ? <u32>remaining : 0, R_REMAINING)
}

function seal(record: usize): void {
  const chunk: usize = load<u32>(record, R_CHUNK)
  store<f64>(chunk, load<f64>(record, R_LAST_TIME), S_MAXT)
  store<u16>(chunk, load<u16>(record, R_COUNT), S_COUNT)
  store<u16>(chunk, <u16>((<u32>load<u16>(record, R_BITS) + 7) >> 3), S_BYTES)
  store<u32>(chunk, load<u32>(record, R_COMMIT), S_COMMIT)
  store<u16>(chunk, load<u16>(record, R_COUNT_BEFORE), S_COUNT_BEFORE)
  store<u32>(record, <u32>chunk, R_SEALED)
  store<u32>(record, 0, R_CHUNK)
  store<u16>(record, 0, R_COUNT)
}

function startChunk(context: usize, record: usize, t: f64, commit: u32): void {
  const chunk = allocate(context)
  store<u32>(chunk, load<u32>(record, R_SEALED), S_OLDER)
  store<f64>(chunk, t, S_MINT)
  store<u32>(chunk, 1, S_FLAGS)
  store<u32>(record, <u32>chunk, R_CHUNK)
  store<u32>(record, <u32>chunk, R_TAIL)
  store<u32>(record, 0, R_DELTA)
  store<u16>(record, 0, R_COUNT)
  store<u16>(record, 0, R_BITS)
  store<u8>(record, NO_WINDOW, R_LEADING)
  store<u8>(record, 0, R_TRAILING)
  store<u32>(record, commit, R_COMMIT)
  store<u16>(record, 0, R_COUNT_BEFORE)
  const range = load<f64>(context, C_RANGE)
  store<u32>(record, <u32>(Math.trunc(t / range) * range + range - t), R_REMAINING)
  store<u32>(context, load<u32>(context, C_CHUNKS) + 1, C_CHUNKS)
}

/** A zeroed segment, from the free list or the fresh range; the caller guaranteed there is one. */
function allocate(context: usize): usize {
  let segment: usize = load<u32>(context, C_FREE)
  if (segment != 0) store<u32>(context, load<u32>(segment, S_NEXT), C_FREE)
  else {
    segment = load<u32>(context, C_BUMP)
    store<u32>(context, <u32>(segment + SEGMENT), C_BUMP)
  }
  // A call of the engine's fill, atomic on shared memory, costs more than these.
  const zero = i64x2.splat(0)
  v128.store(segment, zero)
  v128.store(segment, zero, 16)
  v128.store(segment, zero, 32)
  v128.store(segment, zero, 48)
  return segment
}

function putDeltaOfDelta(context: usize, record: usize, dod: i64): void {
  if (dod >= -8191 && dod <= 8192) put(context, record, (2 << 14) | (<u64>dod & 0x3fff), 16)
  else if (dod >= -65535 && dod <= 65536) put(context, record, (6 << 17) | (<u64>dod & 0x1ffff), 20)
  else if (dod >= -524287 && dod <= 524288) put(context, record, (14 << 20) | (<u64>dod & 0xfffff), 24)
  else {
    put(context, record, 15, 4)
    put(context, record, <u64>dod, 64)
  }
}

/** Appends `zeros` (0 or 1) zero bits and a value, in one piece where that fits. */
function putValue(context: usize, record: usize, xor: u64, zeros: u32): void {
  if (xor == 0) {
    // Bits not written yet are 0: within a byte that was begun they only need to be counted.
    const length: u32 = load<u16>(record, R_BITS)
    const used = length & 7
    if (used != 0 && used + 1 + zeros <= 8) store<u16>(record, <u16>(length + 1 + zeros), R_BITS)
    else put(context, record, 0, 1 + zeros)
    return
  }
  let leading = <u32>clz<u64>(xor)
  const trailing = <u32>ctz<u64>(xor)
  if (leading > 31) leading = 31
  const windowLeading: u32 = load<u8>(record, R_LEADING)
  const windowTrailing: u32 = load<u8>(record, R_TRAILING)
  if (windowLeading != <u32>NO_WINDOW && leading >= windowLeading && trailing >= windowTrailing) {
    const width = 64 - windowLeading - windowTrailing
    const bits = xor >> windowTrailing
    if (width + 2 + zeros <= 64) put(context, record, ((<u64>2) << width) | bits, width + 2 + zeros)
    else {
      put(context, record, 2, 2 + zeros)
      put(context, record, bits, width)
    }
    return
  }
  store<u8>(record, <u8>leading, R_LEADING)
  store<u8>(record, <u8>trailing, R_TRAILING)
  const width = 64 - leading - trailing
  const head: u64 = (3 << 11) | ((<u64>leading) << 6) | <u64>(width & 63)
  if (width + 13 + zeros <= 64) put(context, record, (head << width) | (xor >> trailing), width + 13 + zeros)
  else {
    put(context, record, head, 13 + zeros)
    put(context, record, xor >> trailing, width)
  }
}

/** Appends the low `count` bits (1..64) of `bits`, highest first; higher bits of `bits` must be 0. */
function put(context: usize, record: usize, bits: u64, count: u32): void {
  const length: u32 = load<u16>(record, R_BITS)
  let segment: usize = load<u32>(record, R_TAIL)
  const byte = length >> 3
  const used = length & 7
  // Bytes 0..23 of the stream are in the first segment, then 60 in each next one.
  let offset: usize = byte < 24 ? FIRST_PAYLOAD + byte : NEXT_PAYLOAD + ((byte - 24) % 60)
  if (used == 0 && byte >= 24 && offset == NEXT_PAYLOAD) segment = grow(context, record, segment)
  store<u16>(record, <u16>(length + count), R_BITS)

  const aligned = bits << (64 - count)
  if (offset + 9 <= SEGMENT) {
    // The bytes after the current one are zero: one wide store puts all but what spills into the ninth byte.
    const at = segment + offset
    const head = ((<u64>load<u8>(at)) << 56) | (aligned >> used)
    store<u64>(at, bswap<u64>(head))
    if (used + count > 64) store<u8>(at + 8, <u8>(aligned << (64 - used) >> 56))
    return
  }
  let rest = aligned
  let left = <i32>count
  let room = 8 - used
  while (left > 0) {
    if (offset == SEGMENT) {
      segment = grow(context, record, segment)
      offset = NEXT_PAYLOAD
    }
    const at = segment + offset
    store<u8>(at, load<u8>(at) | <u8>(rest >> (64 - room)))
    rest <<= room
    left -= <i32>room
    room = 8
    offset++
  }
}

function grow(context: usize, record: usize, segment: usize): usize {
  const next = allocate(context)
  store<u32>(segment, <u32>next, S_NEXT)
  store<u32>(record, <u32>next, R_TAIL)
  return next
}
