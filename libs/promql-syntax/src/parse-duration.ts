import type { DurationExpr, DurationOperation, NumberLiteral } from './ast.ts'
import { parseDurationLiteral, parseNumberLiteral } from './literal.ts'
import type { TokenStream } from './token-stream.ts'

const SECONDS_MAX = 2 ** 63 / 1e9
const LEVELS: Readonly<Record<string, number>> = { '+': 4, '-': 4, '*': 5, '/': 5, '%': 5, '^': 6 }
const EXPECTED = 'number, duration, step(), or range()'

/** A number or duration token as a literal in seconds. */
export function parseLiteral(tokens: TokenStream): NumberLiteral {
  const token = tokens.next()
  const range = { start: token.start, end: token.start + token.text.length }
  if (token.kind === 'number') {
    const value = parseNumberLiteral(token.text)
    if (typeof value !== 'number') return tokens.fail(value.reason, range.start, range.end)
    return { kind: 'number', value, isDuration: false, range }
  }
  const ms = parseDurationLiteral(token.text)
  if (typeof ms !== 'number') return tokens.fail(ms.reason, range.start, range.end)
  return { kind: 'number', value: ms / 1000, isDuration: true, range }
}

const isLiteral = (kind: string) => kind === 'number' || kind === 'duration'

/** A whole duration expression, as between brackets. */
export function parseDurationExpr(
  tokens: TokenStream,
  context: string,
  expected: string = EXPECTED,
  level = 0,
): DurationExpr {
  tokens.enter()
  let lhs = parseDurationOperand(tokens, context, expected)
  for (;;) {
    const op = tokens.peek().kind
    const own = LEVELS[op]
    if (own === undefined || own < level) break
    tokens.next()
    const rhs = parseDurationExpr(tokens, '', '', own === 6 ? 6 : own + 1)
    lhs = operation(tokens, op, lhs, rhs)
  }
  tokens.leave()
  return lhs
}

function operation(
  tokens: TokenStream,
  op: string,
  lhs: DurationExpr,
  rhs: DurationExpr,
): DurationOperation {
  if ((op === '/' || op === '%') && rhs.kind === 'number' && rhs.value === 0) {
    const reason = op === '/' ? 'division by zero' : 'modulo by zero'
    tokens.fail(reason, rhs.range.start, rhs.range.end)
  }
  const range = { start: lhs.range.start, end: rhs.range.end }
  return { kind: 'duration', op, lhs, rhs, wrapped: false, range }
}

function parseDurationOperand(
  tokens: TokenStream,
  context: string,
  expected: string,
): DurationExpr {
  const { kind, start } = tokens.peek()
  if (isLiteral(kind)) return checkSize(tokens, parseLiteral(tokens))
  if (kind === '+' || kind === '-') {
    tokens.next()
    const operand = parseDurationExpr(tokens, '', '', 6)
    return applySign(kind, start, operand, tokens.end)
  }
  if (kind === 'step' || kind === 'range') return parseConstant(tokens)
  if (kind === 'min_of' || kind === 'max_of') return parsePair(tokens)
  if (kind === '(') return parseWrapped(tokens)
  return tokens.unexpected(context, expected)
}

function applySign(op: string, start: number, operand: DurationExpr, end: number): DurationExpr {
  const range = { start, end }
  if (operand.kind === 'number') {
    return { ...operand, value: op === '-' ? -operand.value : operand.value, range }
  }
  return { kind: 'duration', op, lhs: undefined, rhs: operand, wrapped: false, range }
}

function checkSize(tokens: TokenStream, literal: NumberLiteral): NumberLiteral {
  if (!(Math.abs(literal.value) <= SECONDS_MAX)) {
    tokens.fail('duration out of range', literal.range.start, literal.range.end)
  }
  return literal
}

function parseConstant(tokens: TokenStream): DurationOperation {
  const word = tokens.next()
  tokens.expect('(')
  tokens.expect(')')
  const range = { start: word.start, end: tokens.end }
  return { kind: 'duration', op: word.kind, lhs: undefined, rhs: undefined, wrapped: false, range }
}

function parsePair(tokens: TokenStream): DurationOperation {
  const word = tokens.next()
  tokens.expect('(')
  const lhs = parseDurationExpr(tokens, '', '')
  tokens.expect(',')
  const rhs = parseDurationExpr(tokens, '', '')
  tokens.expect(')')
  const range = { start: word.start, end: tokens.end }
  return { kind: 'duration', op: word.kind, lhs, rhs, wrapped: false, range }
}

function parseWrapped(tokens: TokenStream): DurationExpr {
  tokens.next()
  const inner = parseDurationExpr(tokens, '', '')
  tokens.expect(')')
  return inner.kind === 'number' ? inner : { ...inner, wrapped: true }
}

/** What may stand bare after `offset`: one operand, signed at most once. */
export function parseOffsetExpr(tokens: TokenStream): DurationExpr {
  const { kind, start } = tokens.peek()
  if (kind !== '+' && kind !== '-') return parseDurationOperand(tokens, 'offset', EXPECTED)
  tokens.next()
  const next = tokens.peek().kind
  if (next === '+' || next === '-') tokens.unexpected('offset', EXPECTED)
  const operand = parseDurationOperand(tokens, 'offset', EXPECTED)
  return applySign(kind, start, operand, tokens.end)
}

/** A duration that has to be positive (a range or a step). */
export function parsePositiveDuration(
  tokens: TokenStream,
  context: string,
  expected: string,
): DurationExpr {
  const expr = parseDurationExpr(tokens, context, expected)
  if (expr.kind === 'number' && !(expr.value > 0)) {
    tokens.fail('duration must be greater than 0', expr.range.start, expr.range.end)
  }
  return expr
}

/** Milliseconds of a literal as the original stores them: nanoseconds rounded, then cut to milliseconds. */
export function literalMs(seconds: number): number {
  return Math.trunc(Math.round(seconds * 1e9) / 1e6)
}
