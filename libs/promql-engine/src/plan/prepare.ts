import {
  byteLength,
  type Call,
  childrenOf,
  type DurationExpr,
  type Expr,
  selectorsOf,
  type TextRange,
  type TimeModifiers,
} from '@prom/promql-syntax'
import { fail } from '../errors.ts'

/** The moments a query is about, for resolving `start()`, `end()`, `step()` and `range()`. */
export interface QueryRange {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

/** A parsed query with every duration known, and which parts give the same at each step. */
export interface Plan {
  readonly expr: Expr
  readonly text: string
  /** Nodes to be evaluated once and repeated. */
  readonly invariant: ReadonlySet<Expr>
  /** Sample times the query may look at. */
  readonly mint: number
  readonly maxt: number
}

/** Functions whose result depends on the evaluation time, whatever their arguments. */
const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'time',
  'predict_linear',
  'timestamp',
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
  'start',
  'end',
  'range',
  'step',
])

const ANCHORED = ['changes', 'delta', 'increase', 'rate', 'resets']
const SMOOTHED = ['delta', 'increase', 'rate']

/** Resolves `expr` in place for one run. */
export function preparePlan(
  expr: Expr,
  text: string,
  range: QueryRange,
  lookbackMs: number,
  subqueryStepMs: number,
): Plan {
  resolve(expr, text, range, subqueryStepMs)
  const invariant = new Set<Expr>()
  markInvariant(expr, invariant)
  const bounds = { mint: Number.POSITIVE_INFINITY, maxt: Number.NEGATIVE_INFINITY }
  const window = { from: range.startMs, to: range.endMs }
  findBounds(expr, window, lookbackMs, bounds)
  return { expr, text, invariant, ...bounds }
}

function resolve(expr: Expr, text: string, range: QueryRange, subqueryStepMs: number): void {
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
  for (const child of childrenOf(expr)) resolve(child, text, range, subqueryStepMs)
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

/** Whether `expr` gives the same at every step; marks the topmost such nodes below nodes that do not. */
function markInvariant(expr: Expr, marked: Set<Expr>): boolean {
  const isOwn = isInvariantItself(expr)
  const children = childrenOf(expr)
  if (expr.kind === 'subquery') {
    // Compat: what is inside a subquery is judged there; the subquery itself by its own @.
    if (markInvariant(expr.expr, marked)) markIfWorth(expr.expr, marked)
    return expr.timestampMs !== undefined
  }
  const verdicts = children.map((child) => markInvariant(child, marked))
  if (isOwn && verdicts.every(Boolean)) {
    if (children.length === 0 || !isCallUnsafe(expr)) return true
  }
  children.forEach((child, i) => {
    if (verdicts[i]) markIfWorth(child, marked)
  })
  return false
}

function isInvariantItself(expr: Expr): boolean {
  if (expr.kind === 'selector') return expr.timestampMs !== undefined
  if (expr.kind === 'matrix') return expr.selector.timestampMs !== undefined
  return !isCallUnsafe(expr)
}

function isCallUnsafe(expr: Expr): boolean {
  if (expr.kind !== 'call' || !TIME_DEPENDENT.has(expr.func.name)) return false
  if (expr.func.name !== 'timestamp') return true
  let arg = expr.args[0]
  while (arg?.kind === 'paren') arg = arg.expr
  return !(arg?.kind === 'selector' && arg.timestampMs !== undefined)
}

/** Literals and range selectors gain nothing from being evaluated once. */
function markIfWorth(expr: Expr, marked: Set<Expr>): void {
  if (expr.kind === 'number' || expr.kind === 'string') return
  if (expr.kind === 'matrix' || expr.kind === 'subquery') return
  marked.add(expr)
}

function findBounds(
  expr: Expr,
  window: { from: number; to: number },
  lookbackMs: number,
  bounds: { mint: number; maxt: number },
): void {
  const shift = (node: TimeModifiers, back: number) => {
    const from = (node.timestampMs ?? window.from) - node.offsetMs - back
    return { from, to: (node.timestampMs ?? window.to) - node.offsetMs }
  }
  const widen = (from: number, to: number) => {
    bounds.mint = Math.min(bounds.mint, from)
    bounds.maxt = Math.max(bounds.maxt, to)
  }
  if (expr.kind === 'selector') {
    const { from, to } = shift(expr, lookbackMs)
    widen(from, to + (expr.smoothed ? lookbackMs : 0))
  } else if (expr.kind === 'matrix') {
    const { anchored, smoothed } = expr.selector
    const more = anchored || smoothed ? lookbackMs : 0
    const { from, to } = shift(expr.selector, expr.rangeMs + more)
    widen(from, to + (smoothed ? lookbackMs : 0))
  } else if (expr.kind === 'subquery') {
    findBounds(expr.expr, shift(expr, expr.rangeMs), lookbackMs, bounds)
  } else {
    // info() looks up its info series over the times of its first argument, or of the query.
    if (expr.kind === 'call' && expr.func.name === 'info') {
      widen(window.from - lookbackMs, window.to)
      const [first] = selectorsOf(expr.args[0] as Expr)
      if (first) {
        const { from, to } = shift(first, lookbackMs)
        widen(from, to)
      }
    }
    for (const child of childrenOf(expr)) findBounds(child, window, lookbackMs, bounds)
  }
}
