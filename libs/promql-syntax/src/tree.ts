import { printFloat } from '@prom/model'
import type { DurationExpr, Expr, TimeModifiers, VectorSelector } from './ast.ts'

/** How unquoting shows bytes that are no UTF-8. */
const LONE = /(?<![\ud800-\udbff])[\udc80-\udcff]/g

type Tree = null | boolean | number | string | readonly Tree[] | { readonly [key: string]: Tree }

/** The tree of /api/v1/parse_query; keys are in alphabetical order, as the original's JSON has them. */
export function treeOf(expr: Expr): Tree {
  const node = nodeOf(expr)
  return Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function nodeOf(expr: Expr): { readonly [key: string]: Tree } {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: printFloat(expr.value, 'f') }
    case 'string':
      return { type: 'stringLiteral', val: expr.value.replace(LONE, '\ufffd') }
    case 'selector':
      return { type: 'vectorSelector', ...selectorOf(expr) }
    case 'matrix': {
      const rangeExpr = durationOf(expr.rangeExpr)
      return {
        type: 'matrixSelector',
        ...selectorOf(expr.selector),
        range: expr.rangeMs,
        rangeExpr,
      }
    }
    case 'subquery':
      return {
        type: 'subquery',
        expr: treeOf(expr.expr),
        range: expr.rangeMs,
        rangeExpr: durationOf(expr.rangeExpr),
        step: expr.stepMs,
        stepExpr: durationOf(expr.stepExpr),
        ...modifiersOf(expr),
      }
    case 'call': {
      const { name, argTypes, variadic, returnType } = expr.func
      return {
        type: 'call',
        func: { argTypes, name, returnType, variadic },
        args: expr.args.map(treeOf),
      }
    }
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: treeOf(expr.expr),
        param: expr.param ? treeOf(expr.param) : null,
        grouping: expr.grouping,
        without: expr.without,
      }
    case 'binary':
      return {
        type: 'binaryExpr',
        op: expr.op,
        lhs: treeOf(expr.lhs),
        rhs: treeOf(expr.rhs),
        bool: expr.returnBool,
        matching: matchingOf(expr),
      }
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: treeOf(expr.expr) }
    case 'paren':
      return { type: 'parenExpr', expr: treeOf(expr.expr) }
  }
}

function matchingOf({ matching }: Extract<Expr, { kind: 'binary' }>): Tree {
  if (!matching) return null
  const { card, labels, on, include, fillLeft, fillRight } = matching
  const fillValues = { lhs: fillLeft ?? null, rhs: fillRight ?? null }
  return { card, fillValues, include, labels, on }
}

function modifiersOf({ offsetMs, offsetExpr, timestampMs, startOrEnd }: TimeModifiers) {
  return {
    offset: offsetMs,
    offsetExpr: durationOf(offsetExpr),
    timestamp: timestampMs ?? null,
    startOrEnd: startOrEnd ?? null,
  }
}

function selectorOf(selector: VectorSelector) {
  const { name, matchers, anchored, smoothed } = selector
  const list = matchers.map(({ name, type, value }) => ({ name, type, value }))
  return { name, matchers: list, anchored, smoothed, ...modifiersOf(selector) }
}

function durationOf(expr: DurationExpr | undefined): Tree {
  if (!expr) return null
  if (expr.kind === 'number') {
    return { duration: expr.isDuration, type: 'numberLiteral', val: printFloat(expr.value, 'f') }
  }
  const { op, lhs, rhs, wrapped } = expr
  return { lhs: durationOf(lhs), op, rhs: durationOf(rhs), type: 'durationExpr', wrapped }
}
