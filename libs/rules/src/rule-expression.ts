import { type Expr, parseExpr } from '@prom/promql-syntax'

// The query was checked when its file was read, with the flags of the program.
const EVERYTHING = {
  experimentalFunctions: true,
  extendedRangeSelectors: true,
  fillModifiers: true,
}

/** The expression of a checked rule. */
export function parseRuleExpr(text: string): Expr {
  return parseExpr(text, EVERYTHING)
}
