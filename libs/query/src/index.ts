export { ActiveQueryLog } from './active-query-log.ts'
export {
  type AnswerPiece,
  type AnswerPieces,
  type AskOptions,
  type LatestAnswer,
  type LatestRequest,
  type Queries,
  type QueryAnswer,
  type QueryControl,
  QueryError,
  type QueryFailure,
  type QueryOptions,
  type RemoteReadRequest,
  type RunningQuery,
  type SelectRequest,
  type StatisticsRequest,
  type VectorAnswer,
} from './contract.ts'
export { engineFromFeatures } from './engine-features.ts'
export { createInlineQueries, type InlineOptions } from './inline-queries.ts'
export type { MemoryLedger } from './memory-ledger.ts'
export type { PieceEvent, QueryFacts, ThreadAnswer, ThreadTask } from './messages.ts'
export { type LoggedQuery, QueryLog, type QueryOrigin } from './query-log.ts'
export {
  QueryPool,
  type QueryPoolDeps,
  type QueryPoolOptions,
  type QueryThreadPort,
} from './query-pool.ts'
export { QueryService, type QuerySource, type ServiceOptions } from './query-service.ts'
export { type RemoteSelect, type RemoteSelected, RemoteSource } from './remote-source.ts'
export { SmallQueries, type SmallQueriesDeps } from './small-queries.ts'
export { type QueryThreadData, runQueryThread } from './threads/query-thread.ts'
