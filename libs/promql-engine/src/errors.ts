/** Why a query ended without an answer; `kind` is the errorType of the API. */
export class EvaluationError extends Error {
  readonly kind: 'execution' | 'timeout' | 'canceled'

  constructor(message: string, kind: 'execution' | 'timeout' | 'canceled' = 'execution') {
    super(message)
    this.name = 'EvaluationError'
    this.kind = kind
  }
}

export const fail = (message: string): never => {
  throw new EvaluationError(message)
}
