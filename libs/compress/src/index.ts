export { CompressError } from './errors.ts'
export { compressGzip, uncompressDeflate, uncompressGzip } from './gzip.ts'
export { compressSnappy, uncompressedSize, uncompressSnappy } from './snappy.ts'
export { canCompressZstd, compressZstd, uncompressZstd } from './zstd.ts'
