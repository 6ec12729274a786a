/** The control block of `readWriteRequest`, its misses and the entries of its table; assembly/write-request.ts. */
export const WRITE = {
  body: 0,
  end: 4,
  table: 8,
  mask: 12,
  refs: 16,
  times: 20,
  values: 24,
  rowsMax: 28,
  misses: 32,
  missesMax: 36,
  timeMax: 40,
  seed: 48,
  rows: 64,
  missCount: 68,
  sizeBytes: 72,
} as const
export const WRITE_MISS = {
  hash: 0,
  start: 8,
  end: 12,
  firstRow: 16,
  rows: 20,
  sizeBytes: 24,
} as const
export const WRITE_ENTRY = { hash: 0, ref: 8, sizeBytes: 16 } as const
