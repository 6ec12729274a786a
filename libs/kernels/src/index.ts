export {
  ENTRY,
  ENTRY_COMMENT,
  ENTRY_LENGTH_MAX,
  ENTRY_TIMED,
  MATCH,
  MATCH_ABSENT_TIMED,
  MATCH_STRICT,
  MISS,
  MISS_LINE,
  MISS_NUMBER,
  MISS_REST,
  NO_ROW,
} from './exposition-layout.ts'
export { matchExposition } from './exposition-match.ts'
export {
  HTTP_HEAD,
  HTTP_HEAD_CHUNKED,
  HTTP_HEAD_GZIP,
  HTTP_HEAD_NO_LENGTH,
} from './http-head.ts'
export {
  createKernelMemory,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type KernelExports,
  type Kernels,
  type RangeKernel,
} from './kernels.ts'
export { POWERS_BYTES, writePowers } from './powers-of-ten.ts'
export { WRITE, WRITE_ENTRY, WRITE_MISS } from './write-request-layout.ts'
