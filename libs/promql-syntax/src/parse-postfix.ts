import type { DurationExpr, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts'
import {
  literalMs,
  parseLiteral,
  parseOffsetExpr,
  parsePositiveDuration,
} from './parse-duration.ts'
import type { TokenStream } from './token-stream.ts'

const TIME_MS_MAX = 2 ** 63

/** Applies everything that may follow an operand: `[5m]`, `[5m:1m]`, offset, @, anchored, smoothed. */
export function parsePostfix(tokens: TokenStream, operand: Expr): Expr {
  let expr = operand
  for (;;) {
    switch (tokens.peek().kind) {
      case '[':
        expr = parseBrackets(tokens, expr)
        break
      case 'offset':
        applyOffset(tokens, expr)
        break
      case '@':
        applyAt(tokens, expr)
        break
      case 'anchored':
      case 'smoothed':
        applyExtension(tokens, expr)
        break
      default:
        return expr
    }
  }
}

function parseBrackets(tokens: TokenStream, expr: Expr): Expr {
  const open = tokens.next()
  const context = 'subquery or range selector'
  const expected = 'number, duration, step(), or range()'
  const duration = parsePositiveDuration(tokens, context, expected)
  if (tokens.take(':')) return parseSubquery(tokens, expr, duration)
  if (!tokens.take(']')) tokens.unexpected(context, '":" or "]"')
  if (expr.kind !== 'selector') {
    return tokens.fail('ranges only allowed for vector selectors', open.start, tokens.end)
  }
  if (expr.offsetMs !== 0 || expr.offsetExpr) {
    tokens.fail('no offset modifiers allowed before range', open.start, tokens.end)
  }
  if (expr.timestampMs !== undefined || expr.startOrEnd) {
    tokens.fail('no @ modifiers allowed before range', open.start, tokens.end)
  }
  const matrix: MatrixSelector = {
    kind: 'matrix',
    selector: expr,
    rangeMs: duration.kind === 'number' ? literalMs(duration.value) : 0,
    rangeExpr: duration.kind === 'number' ? undefined : duration,
    range: { start: expr.range.start, end: tokens.end },
  }
  return matrix
}

function parseSubquery(tokens: TokenStream, expr: Expr, duration: DurationExpr): Subquery {
  const context = 'subquery selector'
  let step: DurationExpr | undefined
  if (!tokens.is(']')) {
    step = parsePositiveDuration(tokens, context, 'number, duration, step(), range(), or "]"')
    if (!tokens.is(']')) tokens.unexpected(context, '"]"')
  }
  tokens.next()
  return {
    kind: 'subquery',
    expr,
    rangeMs: duration.kind === 'number' ? literalMs(duration.value) : 0,
    rangeExpr: duration.kind === 'number' ? undefined : duration,
    stepMs: step?.kind === 'number' ? literalMs(step.value) : 0,
    stepExpr: step?.kind === 'duration' ? step : undefined,
    offsetMs: 0,
    offsetExpr: undefined,
    timestampMs: undefined,
    startOrEnd: undefined,
    range: { start: expr.range.start, end: tokens.end },
  }
}

/** The node that carries offset and @ of `expr`, if it can have them. */
function modified(expr: Expr): VectorSelector | Subquery | undefined {
  if (expr.kind === 'selector' || expr.kind === 'subquery') return expr
  return expr.kind === 'matrix' ? expr.selector : undefined
}

const SUPPORTED = 'an instant vector selector or range vector selector or a subquery'

function applyOffset(tokens: TokenStream, expr: Expr): void {
  tokens.next()
  const duration = parseOffsetExpr(tokens)
  const target = modified(expr)
  const { start } = expr.range
  if (!target) tokens.fail(`offset modifier must be preceded by ${SUPPORTED}`, start)
  if (target.offsetMs !== 0 || target.offsetExpr) {
    tokens.fail('offset may not be set multiple times', start)
  }
  if (duration.kind === 'number') target.offsetMs = literalMs(duration.value)
  else target.offsetExpr = duration
  extend(tokens, expr, target)
}

function applyAt(tokens: TokenStream, expr: Expr): void {
  tokens.next()
  const target = modified(expr)
  const { start } = expr.range
  const missing = `@ modifier must be preceded by ${SUPPORTED}`
  const isSet = () => target?.timestampMs !== undefined || target?.startOrEnd !== undefined
  const { kind } = tokens.peek()
  if (kind === 'start' || kind === 'end') {
    tokens.next()
    tokens.expect('(', '@', 'timestamp')
    tokens.expect(')', '@', 'timestamp')
    if (!target) tokens.fail(missing, start)
    if (isSet()) tokens.fail('@ <timestamp> may not be set multiple times', start)
    target.startOrEnd = kind
  } else {
    const sign = tokens.take('-') ? -1 : tokens.take('+') ? 1 : 1
    if (!tokens.is('number') && !tokens.is('duration')) tokens.unexpected('@', 'timestamp')
    const seconds = sign * parseLiteral(tokens).value
    if (!target) tokens.fail(missing, start)
    if (isSet()) tokens.fail('@ <timestamp> may not be set multiple times', start)
    if (!(Math.abs(seconds) < TIME_MS_MAX)) {
      const shown = Number.isNaN(seconds)
        ? 'NaN'
        : Number.isFinite(seconds)
          ? BigInt(seconds).toString().concat('.000000')
          : `${seconds > 0 ? '+' : '-'}Inf`
      tokens.fail(`timestamp out of bounds for @ modifier: ${shown}`, start)
    }
    target.timestampMs = roundAway(seconds * 1000)
  }
  extend(tokens, expr, target)
}

function applyExtension(tokens: TokenStream, expr: Expr): void {
  const word = tokens.next().kind as 'anchored' | 'smoothed'
  const { start } = expr.range
  if (!tokens.options.extendedRangeSelectors) {
    tokens.fail(`${word} modifier is experimental and not enabled`, start)
  }
  if (expr.kind === 'subquery') {
    tokens.fail(`${word} modifier is not supported for subqueries`, start)
  }
  const target = expr.kind === 'matrix' ? expr.selector : expr
  if (target.kind !== 'selector' || (word === 'anchored' && expr.kind !== 'matrix')) {
    tokens.fail(`${word} modifier not implemented`, start)
  }
  if (word === 'anchored' ? target.smoothed : target.anchored) {
    tokens.fail('anchored and smoothed modifiers cannot be used together', start)
  }
  target[word] = true
  extend(tokens, expr, target)
}

function extend(tokens: TokenStream, expr: Expr, target: VectorSelector | Subquery): void {
  expr.range = { start: expr.range.start, end: tokens.end }
  if (target.kind === 'selector') target.range = expr.range
}

/** Rounds half away from zero, as Go does. */
function roundAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}
