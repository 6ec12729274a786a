export {
  type Queries,
  type QueryAnswer,
  QueryError,
  type QueryFailure,
  type QueryOptions,
  type SelectRequest,
  type VectorAnswer,
} from './contract.ts'
