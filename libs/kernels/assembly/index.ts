// The one WASM module. Each kernel family is a file; this one lists what leaves the module.
// No kernel keeps state in the module's own memory: every thread runs its own instance over one
// shared memory, so all state lives where the caller says. Constant tables are literals for the same
// reason: starting an instance writes them again, and must not change a byte.

export { crc32c } from './crc32c'
export { headAppend, headCheck, headSeal } from './head-append'
export { writeBlockChunk, writeHeadChunk } from './head-chunk'
export { readHttpHead } from './http-head'
export { logFragments } from './log-fragments'
export { printFloats, printPoints, printRows } from './print-floats'
export { rangeExtremes, rangeLines, rangeSums, rangeVariances } from './range-over-time'
export { rangeQuantiles } from './range-quantiles'
export { rangeChanges, rangeLastDifference, rangeRate } from './range-rate'
export { snappyBound, snappyCompress, snappyUncompress } from './snappy'
export { addCounts, addExtremes, addSums, addVariances } from './step-sums'
export { filterSamples } from './wal-filter'
export { walSamples } from './wal-samples'
export { readWriteRequest } from './write-request'
export { xorDecode } from './xor-decode'
export { matchExposition, writeEntry } from './exposition'

/** Module layout version, checked by the loader. */
export function version(): i32 {
  return 1
}

/** First byte after the module's constants; everything from there on is the caller's. */
export function dataEnd(): usize {
  return __heap_base
}
