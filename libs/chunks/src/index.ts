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
  ENCODING_HISTOGRAM,
  HistogramEncoder,
  type HistogramSample,
} from './histogram-chunk.ts'
export { toFloatHistogram } from './to-float.ts'
export { decodeXor, ENCODING_XOR, XorEncoder } from './xor-chunk.ts'
