import type { Matcher } from '@prom/labels'
import type { FunctionSignature } from './functions.ts'
import type { TextRange } from './position.ts'

/** The tree of a query. Times and durations are milliseconds; `range` is the node's place in the text. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | BinaryExpr
  | UnaryExpr
  | ParenExpr

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string'

export interface NumberLiteral {
  kind: 'number'
  value: number
  /** Written as a duration (`5m`): seconds in `value`, printed as a duration again. */
  isDuration: boolean
  range: TextRange
}

export interface StringLiteral {
  kind: 'string'
  value: string
  range: TextRange
}

/** `@` and `offset` of a selector or subquery. */
export interface TimeModifiers {
  /** As written; negative looks ahead. 0 when `offsetExpr` says it. */
  offsetMs: number
  offsetExpr: DurationExpr | undefined
  /** `@ <timestamp>`. */
  timestampMs: number | undefined
  startOrEnd: 'start' | 'end' | undefined
}

export interface VectorSelector extends TimeModifiers {
  kind: 'selector'
  /** The name before the braces, or ''. It also is the last of `matchers`. */
  name: string
  matchers: Matcher[]
  anchored: boolean
  smoothed: boolean
  /** Set for the label selector of info(), which may match everything. */
  mayMatchEmpty: boolean
  range: TextRange
}

export interface MatrixSelector {
  kind: 'matrix'
  selector: VectorSelector
  rangeMs: number
  rangeExpr: DurationExpr | undefined
  range: TextRange
}

export interface Subquery extends TimeModifiers {
  kind: 'subquery'
  expr: Expr
  rangeMs: number
  rangeExpr: DurationExpr | undefined
  /** 0 means the default interval. */
  stepMs: number
  stepExpr: DurationExpr | undefined
  range: TextRange
}

export interface Call {
  kind: 'call'
  func: FunctionSignature
  args: Expr[]
  range: TextRange
}

export interface Aggregation {
  kind: 'aggregation'
  op: string
  expr: Expr
  param: Expr | undefined
  grouping: string[]
  without: boolean
  range: TextRange
}

export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'

export interface VectorMatching {
  card: Cardinality
  labels: string[]
  on: boolean
  include: string[]
  /** Values for missing sides, from the fill modifiers. */
  fillLeft: number | undefined
  fillRight: number | undefined
}

export interface BinaryExpr {
  kind: 'binary'
  op: string
  lhs: Expr
  rhs: Expr
  returnBool: boolean
  /** Absent when a side is a scalar. */
  matching: VectorMatching | undefined
  range: TextRange
}

export interface UnaryExpr {
  kind: 'unary'
  op: '+' | '-'
  expr: Expr
  range: TextRange
}

export interface ParenExpr {
  kind: 'paren'
  expr: Expr
  range: TextRange
}

/** Arithmetic on durations, in seconds. A literal is a NumberLiteral. */
export type DurationExpr = NumberLiteral | DurationOperation

export interface DurationOperation {
  kind: 'duration'
  /** `+ - * / % ^`, or `step range min_of max_of`. */
  op: string
  lhs: DurationExpr | undefined
  rhs: DurationExpr | undefined
  /** Written in parentheses. */
  wrapped: boolean
  range: TextRange
}

export const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])
export const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless'])

/** The type an expression has, as PromQL declares it. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'selector':
    case 'aggregation':
      return 'vector'
    case 'matrix':
    case 'subquery':
      return 'matrix'
    case 'call':
      return expr.func.returnType
    case 'binary':
      return typeOf(expr.lhs) === 'scalar' && typeOf(expr.rhs) === 'scalar' ? 'scalar' : 'vector'
    case 'unary':
    case 'paren':
      return typeOf(expr.expr)
  }
}
