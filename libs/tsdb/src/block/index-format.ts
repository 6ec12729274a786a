/** Numbers of the index file: spec/storage-formats.md section 6. */
export const INDEX_MAGIC = 0xbaaad700
export const INDEX_VERSION = 2
export const TOC_BYTES = 52
export const SERIES_ALIGNMENT = 16

/** Offsets of the sections; 0 = missing. `series` is before the alignment padding. */
export interface IndexToc {
  readonly symbols: number
  readonly series: number
  readonly labelIndices: number
  readonly labelOffsets: number
  readonly postings: number
  readonly postingsOffsets: number
}
