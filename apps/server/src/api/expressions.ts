/** `/parse_query` and `/format_query`: what needs the parser and no data. */
import { type Expr, formatExpr, ParseError, parseExpr, treeOf } from '@prom/promql-syntax'
import { badParameter } from './api-error.ts'
import type { Endpoint } from './envelope.ts'

export const parseQuery: Endpoint = ({ params }) => ({ data: treeOf(readQuery(params)) })

export const formatQuery: Endpoint = ({ params }) => ({ data: formatExpr(readQuery(params)) })

function readQuery(params: URLSearchParams): Expr {
  try {
    return parseExpr(params.get('query') ?? '')
  } catch (err) {
    if (err instanceof ParseError) throw badParameter('query', err.message)
    throw err
  }
}
