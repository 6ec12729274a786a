/** `/parse_query`, `/format_query` and `/query_exemplars`: what needs the parser and no data. */
import {
  type Expr,
  formatExpr,
  ParseError,
  parseExpr,
  selectorsOf,
  treeOf,
} from '@prom/promql-syntax'
import { ApiError, badParameter } from './api-error.ts'
import type { Endpoint } from './envelope.ts'
import { MAX_TIME_MS, MIN_TIME_MS, timeParameter } from './parameters.ts'

export const parseQuery: Endpoint = ({ params }) => ({ data: treeOf(readQuery(params)) })

export const formatQuery: Endpoint = ({ params }) => ({ data: formatExpr(readQuery(params)) })

/** Exemplars are not stored yet: selectors find none. A query without selectors has no answer at all. */
export const queryExemplars: Endpoint = ({ params }) => {
  const startMs = timeParameter(params, 'start', MIN_TIME_MS)
  const endMs = timeParameter(params, 'end', MAX_TIME_MS)
  if (endMs < startMs) {
    throw new ApiError('bad_data', 'end timestamp must not be before start timestamp')
  }
  try {
    const expr = parseExpr(params.get('query') ?? '')
    return { data: selectorsOf(expr).length === 0 ? undefined : [] }
  } catch (err) {
    if (err instanceof ParseError) throw new ApiError('bad_data', err.message)
    throw err
  }
}

function readQuery(params: URLSearchParams): Expr {
  try {
    return parseExpr(params.get('query') ?? '')
  } catch (err) {
    if (err instanceof ParseError) throw badParameter('query', err.message)
    throw err
  }
}
