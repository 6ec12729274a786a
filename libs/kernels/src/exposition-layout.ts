/**
 * The control block of `matchExposition` and the records it reads and writes; assembly/exposition.ts draws them.
 * Offsets are bytes.
 */
export const MATCH = {
  body: 0,
  bodyEnd: 4,
  template: 8,
  templateCount: 12,
  newTemplate: 16,
  refs: 20,
  values: 24,
  times: 28,
  misses: 32,
  absent: 36,
  linesMax: 40,
  options: 44,
  time: 48,
  seed: 56,
  rows: 72,
  lines: 76,
  missCount: 80,
  absentCount: 84,
  dropped: 88,
  timedRows: 92,
  isChanged: 96,
  sizeBytes: 104,
} as const

/** Options of a match. */
export const MATCH_STRICT = 1
export const MATCH_ABSENT_TIMED = 2

/** One line of a template: u64 hash, u32 ref, u32 length and flags. */
export const ENTRY = { hash: 0, ref: 8, packed: 12, sizeBytes: 16 } as const
export const ENTRY_COMMENT = 1 << 24
export const ENTRY_TIMED = 1 << 25
export const ENTRY_LENGTH_MAX = (1 << 24) - 1

/** One miss: six u32. `old` is the row of a waiting number (or NO_ROW), or the template entry of MISS_REST. */
export const MISS = {
  kind: 0,
  start: 4,
  end: 8,
  line: 12,
  old: 16,
  type: 20,
  sizeBytes: 24,
} as const
export const MISS_LINE = 0
export const MISS_REST = 1
export const MISS_NUMBER = 2
export const NO_ROW = 0xffffffff
