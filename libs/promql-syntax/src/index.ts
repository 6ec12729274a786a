export type {
  Aggregation,
  BinaryExpr,
  Call,
  Cardinality,
  DurationExpr,
  DurationOperation,
  Expr,
  MatrixSelector,
  NumberLiteral,
  ParenExpr,
  StringLiteral,
  Subquery,
  TimeModifiers,
  UnaryExpr,
  ValueType,
  VectorMatching,
  VectorSelector,
} from './ast.ts'
export { COMPARISONS, SET_OPERATORS, typeOf } from './ast.ts'
export { TYPE_NAMES } from './check.ts'
export { formatExpr } from './format.ts'
export { allFunctions, type FunctionSignature, findFunction } from './functions.ts'
export { quoteBytes, unquote } from './go-string.ts'
export { type HistogramLiteral, parseHistogramLiteral } from './histogram-notation.ts'
export { ParseError } from './parse-error.ts'
export type { ParseOptions } from './parse-options.ts'
export { parseExpr, parseSelector } from './parser.ts'
export { byteLength, lineColumn, type TextRange } from './position.ts'
export { printExpr, printMatcher, printSelector } from './print.ts'
export {
  parseSequence,
  parseSeriesLine,
  parseSeriesName,
  type SequenceItem,
  type SeriesLine,
} from './series-notation.ts'
export { treeOf } from './tree.ts'
export { childrenOf, selectorsOf, walk } from './walk.ts'
