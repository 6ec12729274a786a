import { QueryError } from './contract.ts'

/** Why a query that waits or runs ends before its answer. */
export function stopError(reason: 'timeout' | 'canceled', isRunning: boolean): QueryError {
  const where = isRunning ? 'expression evaluation' : 'query queue'
  const what = reason === 'timeout' ? 'query timed out' : 'query was canceled'
  return new QueryError(reason, `${what} in ${where}`)
}

/** Errors from a thread have lost their class, and a thread that died gives a plain one. */
export function asQueryError(err: Error): QueryError {
  if (err instanceof QueryError) return err
  const { errorType, code } = err as Partial<QueryError> & { readonly code?: string }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new QueryError('execution', 'query ran out of memory')
  }
  if (typeof errorType === 'string') return new QueryError(errorType, err.message)
  return new QueryError('internal', `query thread ended: ${err.message}`)
}
