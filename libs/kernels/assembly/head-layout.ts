// Offsets of what head-append reads and writes; the same numbers as libs/tsdb/src/head/layout.ts, where they are
// drawn. The suite of the writer compares every byte against the plain encoder, so a slip cannot stay unseen.

// Series record, 64 bytes.
export const R_REF: usize = 0
export const R_WAL_REF: usize = 4
export const R_CHUNK: usize = 12
export const R_TAIL: usize = 16
export const R_SEALED: usize = 20
export const R_LAST_TIME: usize = 24
export const R_LAST_VALUE: usize = 32
export const R_DELTA: usize = 40
export const R_REMAINING: usize = 44
export const R_COUNT: usize = 48
export const R_BITS: usize = 50
export const R_LEADING: usize = 52
export const R_TRAILING: usize = 53
export const R_FLAGS: usize = 54
export const R_COMMIT: usize = 56
export const R_COUNT_BEFORE: usize = 60
export const R_COMMIT_BEFORE: usize = 62

export const FLAG_HISTOGRAM: u32 = 1

// First segment of a chunk, 64 bytes: header, then 24 bytes of the bit stream.
export const S_NEXT: usize = 0
export const S_OLDER: usize = 4
export const S_MINT: usize = 8
export const S_MAXT: usize = 16
export const S_COUNT: usize = 24
export const S_BYTES: usize = 26
export const S_FLAGS: usize = 28
export const S_COMMIT: usize = 32
export const S_COUNT_BEFORE: usize = 36
export const FIRST_PAYLOAD: usize = 40
export const NEXT_PAYLOAD: usize = 4
export const SEGMENT: usize = 64

// The append context.
export const C_RECORDS: usize = 0
export const C_SLOTS: usize = 4
export const C_FREE: usize = 8
export const C_BUMP: usize = 12
export const C_COMMIT: usize = 16
export const C_WAL_BYTES: usize = 20
export const C_STORED: usize = 24
export const C_OUT_OF_ORDER: usize = 28
export const C_DUPLICATES: usize = 32
export const C_OUT_OF_BOUNDS: usize = 36
export const C_TOO_OLD: usize = 40
export const C_UNKNOWN: usize = 44
export const C_REFUSED: usize = 48
export const C_CHUNKS: usize = 52
export const C_MIN_TIME: usize = 56
export const C_MAX_TIME: usize = 64
export const C_APPENDABLE_MIN: usize = 72
export const C_LATE_MIN: usize = 80
export const C_RANGE: usize = 88
export const C_LATE: usize = 96
export const C_SAMPLES_PER_CHUNK: usize = 104

export const SLOT_MASK: u32 = 0x00ffffff

export const ROW_STORED: u8 = 0
export const ROW_OUT_OF_ORDER: u8 = 1
export const ROW_DUPLICATE: u8 = 2
export const ROW_OUT_OF_BOUNDS: u8 = 3
export const ROW_TOO_OLD: u8 = 4
export const ROW_UNKNOWN_SERIES: u8 = 5
export const ROW_REFUSED: u8 = 6
export const ROW_LATE: u8 = 7
