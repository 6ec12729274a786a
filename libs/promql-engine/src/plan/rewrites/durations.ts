/** Every duration of a query becomes a number of milliseconds. */
import {
  byteLength,
  type Call,
  childrenOf,
  type DurationExpr,
  type Expr,
  printExpr,
  type TextRange,
  type TimeModifiers,
} from '@prom/promql-syntax'
import { fail } from '../../errors.ts'
import type { PlanDraft, QueryRange, Rewrite } from '../rewrite.ts'

const ANCHORED = ['changes', 'delta', 'increase', 'rate', 'resets']
const SMOOTHED = ['delta', 'increase', 'rate']

/** `[step() * 2]`, `offset range()`, `@ start()` and the step that a subquery leaves out. Fails where they make no sense. */
export const durations: Rewrite = {
  name: 'durations',
  about: 'durations, @ start(), @ end() and the step of subqueries become numbers',
  apply(draft) {
    const done: string[] = []
    resolve(draft.expr, draft, done)
    return done
  },
}

function resolve(expr: Expr, draft: PlanDraft, done: string[]): void {
  const { text, range, subqueryStepMs } = draft
  if (isOpen(expr)) done.push(printExpr(expr))
  if (expr.kind === 'selector') resolveModifiers(expr, text, range)
  else if (expr.kind === 'matrix') {
    resolveModifiers(expr.selector, text, range)
    if (expr.rangeExpr) expr.rangeMs = positive(expr.rangeExpr, text, range)
  } else if (expr.kind === 'subquery') {
    resolveModifiers(expr, text, range)
    if (expr.rangeExpr) expr.rangeMs = positive(expr.rangeExpr, text, range)
    if (expr.stepExpr) expr.stepMs = positive(expr.stepExpr, text, range)
    if (expr.stepMs === 0) expr.stepMs = subqueryStepMs
  } else if (expr.kind === 'call') checkExtension(expr)
  for (const child of childrenOf(expr)) resolve(child, draft, done)
}

/** There is something to find out. */
function isOpen(expr: Expr): boolean {
  const { startOrEnd, offsetExpr } =
    expr.kind === 'matrix' ? expr.selector : (expr as Partial<TimeModifiers>)
  if (expr.kind !== 'selector' && expr.kind !== 'matrix' && expr.kind !== 'subquery') return false
  if (startOrEnd || offsetExpr) return true
  if (expr.kind === 'selector') return false
  return expr.rangeExpr !== undefined || (expr.kind === 'subquery' && expr.stepMs === 0)
}

function resolveModifiers(node: TimeModifiers, text: string, range: QueryRange): void {
  if (node.startOrEnd) node.timestampMs = node.startOrEnd === 'start' ? range.startMs : range.endMs
  if (node.offsetExpr) node.offsetMs = durationMs(node.offsetExpr, text, range)
}

function positive(expr: DurationExpr, text: string, range: QueryRange): number {
  const ms = durationMs(expr, text, range)
  if (ms <= 0) fail(`${place(expr.range, text)}: duration must be greater than 0`)
  return ms
}

/** Byte offsets, as the original gives them for durations. */
function place({ start, end }: TextRange, text: string): string {
  return `${byteLength(text.slice(0, start))}:${byteLength(text.slice(0, end))}`
}

function durationMs(expr: DurationExpr, text: string, range: QueryRange): number {
  const seconds = evaluate(expr, text, range)
  if (!Number.isFinite(seconds)) fail(`${place(expr.range, text)}: duration is NaN or infinite`)
  if (Math.abs(seconds) > 2 ** 63 / 1e9)
    fail(`${place(expr.range, text)}: duration is out of range`)
  return Math.trunc(Math.round(seconds * 1e9) / 1e6)
}

function evaluate(expr: DurationExpr, text: string, range: QueryRange): number {
  if (expr.kind === 'number') return expr.value
  const { op, lhs, rhs } = expr
  if (op === 'step') return range.stepMs / 1000
  if (op === 'range') return (range.endMs - range.startMs) / 1000
  const right = rhs ? evaluate(rhs, text, range) : 0
  if (!lhs) return op === '-' ? -right : right
  const left = evaluate(lhs, text, range)
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0 ? fail(`${place(expr.range, text)}: division by zero`) : left / right
    case '%':
      return right === 0 ? fail(`${place(expr.range, text)}: modulo by zero`) : left % right
    case '^':
      return left ** right
    case 'min_of':
      return Math.min(left, right)
    default:
      return Math.max(left, right)
  }
}

function checkExtension({ func, args }: Call): void {
  for (const arg of args) {
    if (arg.kind !== 'matrix') continue
    const { anchored, smoothed } = arg.selector
    const word = anchored ? 'anchored' : smoothed ? 'smoothed' : undefined
    if (!word) continue
    const allowed = anchored ? ANCHORED : SMOOTHED
    if (!allowed.includes(func.name)) {
      const only = `can only be used with: ${allowed.join(', ')}`
      fail(`${word} modifier ${only} - not with ${func.name}`)
    }
  }
}
