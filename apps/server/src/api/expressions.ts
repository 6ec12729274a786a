/** `/parse_query` and `/format_query`: what needs the parser and no data. */
import {
  type Expr,
  formatExpr,
  ParseError,
  type ParseOptions,
  parseExpr,
  treeOf,
} from '@prom/promql-syntax'
import { badParameter } from './api-error.ts'
import type { Endpoint } from './envelope.ts'

/** `options`: what the program's feature flags allow, as for queries. */
export const createParseQuery =
  (options: ParseOptions): Endpoint =>
  ({ params }) => ({ data: treeOf(readQuery(params, options)) })

export const createFormatQuery =
  (options: ParseOptions): Endpoint =>
  ({ params }) => ({ data: formatExpr(readQuery(params, options)) })

function readQuery(params: URLSearchParams, options: ParseOptions): Expr {
  try {
    return parseExpr(params.get('query') ?? '', options)
  } catch (err) {
    if (err instanceof ParseError) throw badParameter('query', err.message)
    throw err
  }
}
