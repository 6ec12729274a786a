/**
 * The byte map of the shared memory: the only file with its numbers (the append kernel repeats those it needs). All
 * addresses are bytes from the start of the memory, little endian, as WASM and typed arrays read them.
 *
 *   0        the kernels' constants
 *   1 MiB    header: one cache line of counters per writer, the append context, reader slots
 *   2 MiB    series records, 64 bytes each, index = slot
 *            out-of-order samples, an address per slot
 *            log area, batch columns, scratch of the ingest thread
 *   ...      heap: symbols, pairs, postings, tables, chunk segments
 *
 * Address space is reserved once and never grows: a page costs memory only after it was touched.
 */
import { KERNEL_DATA_BYTES } from '@prom/kernels'

export const HEADER = KERNEL_DATA_BYTES
export const RECORDS = 2 << 20

/** Header fields, u32 unless said otherwise. */
export const H = {
  /** Seed of the symbol hashes. */
  seed: HEADER,
  /** Odd while the writer changes records: readers copy a record between two equal, even readings. */
  sequence: HEADER + 4,
  /** Number of the last published batch. */
  commit: HEADER + 8,
  /** Grows whenever addresses may have been reused: what readers cached by address is void. */
  generation: HEADER + 12,
  /** Grows at each retirement of memory; readers announce the epoch they read in. */
  epoch: HEADER + 16,
  /** Grows when series come or go. */
  seriesVersion: HEADER + 20,
  symbolTable: HEADER + 24,
  pairTable: HEADER + 28,
  firstName: HEADER + 32,
  /** Pair that lists every series. */
  allPair: HEADER + 36,
  slots: HEADER + 40,
  series: HEADER + 44,
  pairs: HEADER + 48,
  symbols: HEADER + 52,
  chunks: HEADER + 56,
  /** Grows when the set of blocks or of head chunk files changes. */
  blocksVersion: HEADER + 60,
  /** f64, published with the commit. */
  minTime: HEADER + 64,
  maxTime: HEADER + 72,
  /** f64: samples before it are in blocks; head readers stop there. */
  minValidTime: HEADER + 80,
  /** Address of the table of deleted ranges, 0 = none. */
  tombstones: HEADER + 88,
  /** KiB of the heap that were ever given out. */
  touched: HEADER + 112,
  /** Series that have out-of-order samples. */
  lateSeries: HEADER + 92,
  /** f64: times of the out-of-order samples; they may lie before minTime. */
  lateMinTime: HEADER + 96,
  lateMaxTime: HEADER + 104,
  context: HEADER + 256,
  /** 65 reader slots, one u32 epoch each, 64 bytes apart; 0 = not reading. */
  readers: HEADER + 4096,
  /** Ring of the times of the last batches, by their number. */
  batches: HEADER + 16384,
} as const

/** A batch in the ring: u32 number, f64 times of its first and last sample. */
export const B = { commit: 0, minTime: 8, maxTime: 16, sizeBytes: 24 } as const
/** Batches the ring remembers; some minutes of scraping. */
export const BATCHES = 16_384

export const READERS_MAX = 64
/** The slot behind those of the query threads: the compaction's. */
export const COMPACTION_READER = READERS_MAX
export const READER_STRIDE = 64

/** Series record, 64 bytes; times are f64 milliseconds, value the raw 64 bits. */
export const RECORD_BYTES = 64
export const R = {
  /** Generation in the high 8 bits, slot in the low 24; 0 = free. */
  ref: 0,
  /** The number of the series in log and head chunk files. */
  walRef: 4,
  /** Address of the label list: u32 count, then u32 pair addresses in label order. */
  labels: 8,
  /** First segment of the open chunk, 0 = none. */
  chunk: 12,
  tail: 16,
  /** First segment of the newest sealed chunk, 0 = none. */
  sealed: 20,
  lastTime: 24,
  lastValue: 32,
  delta: 40,
  /** Milliseconds from lastTime to the time that starts a new chunk. */
  remaining: 44,
  count: 48,
  /** Bits in the open chunk's stream; of a histogram chunk, bytes. */
  bits: 50,
  leading: 52,
  trailing: 53,
  flags: 54,
  /** Last batch that touched the open chunk, and its samples before that batch. */
  commit: 56,
  countBefore: 60,
  /** Low 16 bits of the batch before that: tells whether one or more came since a reader's moment. */
  commitBefore: 62,
} as const

export const FLAG_HISTOGRAM = 1
export const SLOT_BITS = 24
export const SLOT_MASK = (1 << SLOT_BITS) - 1

/** Chunk segments, 64 bytes: u32 next, then payload; the first one has this header, then 24 bytes of payload. */
export const SEGMENT_BYTES = 64
export const S = {
  next: 0,
  /** First segment of the chunk before this one. */
  older: 4,
  mint: 8,
  maxt: 16,
  count: 24,
  /** Bytes of the stream, without the two of the sample count. */
  bytes: 26,
  /** Low 8 bits: encoding; then flags. */
  flags: 28,
  commit: 32,
  countBefore: 36,
} as const
export const FIRST_PAYLOAD = 40
export const FIRST_PAYLOAD_BYTES = 24
export const NEXT_PAYLOAD = 4
export const NEXT_PAYLOAD_BYTES = 60
/** The chunk is in a head chunk file as well. */
export const CHUNK_ON_DISK = 0x100

/**
 * Out-of-order samples of a series: a piece of the heap whose address stands in the table `late`, by slot. Rows
 * ascend in time and are not encoded; full ones become chunks of their own, which may overlap.
 *
 *   u32 rows | u32 capacity | u32 newest chunk | u32 0 | f64 times | 64-bit values | u32 commits | u8 kinds
 *
 * The value of a histogram (kind 1 integer, 2 float) is address and size of its log form.
 */
export const L = { rows: 0, capacity: 4, sealed: 8, times: 16 } as const
export const LATE_ROWS_MAX = 32
export const LATE_ROW_BYTES = 21

/** Append context, relative to H.context; see the kernel. */
export const C = {
  records: 0,
  slots: 4,
  free: 8,
  bump: 12,
  commit: 16,
  stored: 24,
  outOfOrder: 28,
  duplicates: 32,
  outOfBounds: 36,
  tooOld: 40,
  unknown: 44,
  refused: 48,
  chunks: 52,
  minTime: 56,
  maxTime: 64,
  appendableMin: 72,
  lateMin: 80,
  range: 88,
  late: 96,
  /** Where a kernel that stopped half way goes on. */
  nextOffset: 100,
  /** Samples a chunk is planned to have. */
  samplesPerChunk: 104,
} as const

/** Symbol: u32 hash, u32 length, u32 name record (0 = not a label name), then the bytes. */
export const SYMBOL_HEADER_BYTES = 12
/** Pair, 32 bytes. */
export const P = {
  name: 0,
  value: 4,
  nextOfName: 8,
  /** Refs ever listed, dead ones included until the next purge. */
  count: 12,
  first: 16,
  tail: 20,
  tailUsed: 24,
  hash: 28,
} as const
export const PAIR_BYTES = 32
/** Label name, 16 bytes: u32 symbol, u32 first pair, u32 pair count, u32 next name. */
export const NAME_BYTES = 16
/** Block of postings: u32 next, u32 capacity, then refs. */
export const POSTINGS_HEADER_BYTES = 8

/** Rows of one kernel call; larger batches take several. */
export const ROWS_PER_CALL = 1 << 16
/** Most bytes of a samples record per row, and its fixed part. */
export const ROW_LOG_BYTES = 28
export const ROW_LOG_FIXED_BYTES = 32

export interface Regions {
  readonly seriesMax: number
  /** By slot, u32: address of the out-of-order samples, 0 = none. */
  readonly late: Region
  readonly log: Region
  readonly batch: Region
  readonly scratch: Region
  readonly heap: Region
  readonly rowsMax: number
}

export interface Region {
  readonly address: number
  readonly sizeBytes: number
}

/** Divides a memory of `sizeBytes` (at least 32 MiB). A series is planned with 448 bytes, 120 samples included. */
export function planRegions(sizeBytes: number): Regions {
  const rowsMax = sizeBytes >= 2 ** 30 ? 1 << 20 : 1 << 16
  const seriesMax = Math.min(SLOT_MASK, Math.floor(sizeBytes / 448))
  let at = RECORDS
  const take = (size: number): Region => {
    const region = { address: at, sizeBytes: Math.ceil(size / 65536) * 65536 }
    at += region.sizeBytes
    return region
  }
  take(seriesMax * RECORD_BYTES)
  const late = take(seriesMax * 4)
  const log = take(ROWS_PER_CALL * ROW_LOG_BYTES * 4 + 65536)
  const batch = take(rowsMax * 21 + 64)
  const scratch = take(Math.min(192 << 20, Math.floor(sizeBytes / 16)))
  return {
    seriesMax,
    late,
    log,
    batch,
    scratch,
    heap: { address: at, sizeBytes: sizeBytes - at },
    rowsMax,
  }
}
