/** Which limit a query has met. */
export type QueryLimit = 'memory' | 'total-memory' | 'samples'

/** Why a query ended without an answer; `kind` is the errorType of the API. */
export class EvaluationError extends Error {
  readonly kind: 'execution' | 'timeout' | 'canceled'
  readonly limit: QueryLimit | undefined

  constructor(
    message: string,
    kind: 'execution' | 'timeout' | 'canceled' = 'execution',
    limit?: QueryLimit,
  ) {
    super(message)
    this.name = 'EvaluationError'
    this.kind = kind
    this.limit = limit
  }
}

export const fail = (message: string): never => {
  throw new EvaluationError(message)
}
