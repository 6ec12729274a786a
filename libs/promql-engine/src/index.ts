export { giveBack } from './answer-memory.ts'
export type { PieceSink } from './byte-writer.ts'
export type { EngineFeatures } from './context.ts'
export { type EncodeOptions, encodeLabelSets, encodeValue, printTime } from './encode.ts'
export {
  type EngineOptions,
  explainQuery,
  type QueryRequest,
  QueryTypeError,
  runQuery,
} from './engine.ts'
export { EvaluationError, type QueryLimit } from './errors.ts'
export { labelsJson, quoteJson, quoteJsonList } from './label-texts.ts'
export { type LimitOptions, Limits, type MemoryAccount } from './limits.ts'
export type { Explanation, PlanNode } from './plan/explain.ts'
export type {
  MatrixSeries,
  QueryResult,
  QueryStats,
  QueryValue,
  VectorSample,
} from './result.ts'
