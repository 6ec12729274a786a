export {
  adapt,
  encodingOf,
  type Fit,
  firstFlags,
  fitHistogram,
  flagsAfterFull,
} from './histogram-append.ts'
export {
  type AnyHistogram,
  decodeHistograms,
  ENCODING_FLOAT_HISTOGRAM,
  ENCODING_FLOAT_HISTOGRAM_ST,
  ENCODING_HISTOGRAM,
  ENCODING_HISTOGRAM_ST,
  HistogramEncoder,
  type HistogramSample,
} from './histogram-chunk.ts'
export { toFloatHistogram } from './to-float.ts'
export { decodeXor, ENCODING_XOR, XorEncoder } from './xor-chunk.ts'
export { decodeXor2, ENCODING_XOR2 } from './xor2-chunk.ts'
