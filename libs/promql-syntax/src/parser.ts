import { Matcher, METRIC_NAME } from '@prom/labels'
import { quoteGo } from '@prom/model'
import type { BinaryExpr, Expr, VectorMatching, VectorSelector } from './ast.ts'
import { SET_OPERATORS } from './ast.ts'
import { checkTypes } from './check.ts'
import { findFunction } from './functions.ts'
import { unquote } from './go-string.ts'
import { parseLiteral } from './parse-duration.ts'
import { ParseError } from './parse-error.ts'
import { parseGrouping, parseMatchers } from './parse-matchers.ts'
import type { ParseOptions } from './parse-options.ts'
import { parsePostfix } from './parse-postfix.ts'
import { TokenStream } from './token-stream.ts'
import { AGGREGATORS, canNameMetric, type Token } from './tokens.ts'

const LENGTH_MAX = 1 << 20
const POWER = 6
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ['==', 3],
  ['!=', 3],
  ['<', 3],
  ['<=', 3],
  ['>', 3],
  ['>=', 3],
  ['</', 3],
  ['>/', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['atan2', 5],
  ['^', POWER],
])

const TWO_ARGUMENTS: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
])

/** Parses and type-checks a query. Throws ParseError with the original's text and position. */
export function parseExpr(text: string, options: ParseOptions = {}): Expr {
  const lengthMax = options.lengthMax ?? LENGTH_MAX
  if (text.length > lengthMax) {
    const reason = `query is longer than ${lengthMax} characters`
    throw new ParseError(reason, { start: 0, end: 0 }, 'query')
  }
  try {
    return parseWhole(text, options)
  } catch (err) {
    // A chain of very many operators is a deep tree, too.
    if (!(err instanceof RangeError)) throw err
    throw new ParseError('expression is nested too deeply', { start: 0, end: 0 }, text)
  }
}

function parseWhole(text: string, options: ParseOptions): Expr {
  const tokens = new TokenStream(text, options)
  if (tokens.is('eof')) tokens.fail('no expression found in input', 0)
  const expr = parseBinary(tokens, 0)
  if (!tokens.is('eof')) tokens.unexpected()
  if (expr.kind === 'selector' && options.allowsEmptyMatchers) expr.mayMatchEmpty = true
  checkTypes(expr, text)
  return expr
}

/** Parses `name{matchers}` alone, as in match[] parameters; `name` becomes a matcher. Throws ParseError. */
export function parseSelector(text: string, options: ParseOptions = {}): Matcher[] {
  const expr = parseExpr(text, options)
  if (expr.kind !== 'selector') {
    throw new ParseError('expected a series selector', expr.range, text)
  }
  return expr.matchers
}

function parseBinary(tokens: TokenStream, level: number): Expr {
  tokens.enter()
  let lhs = parseUnary(tokens)
  for (;;) {
    const token = tokens.peek()
    const own = LEVELS.get(token.kind)
    if (own === undefined || own < level) break
    tokens.next()
    const modifiers = parseBinaryModifiers(tokens)
    const rhs = parseBinary(tokens, own === POWER ? POWER : own + 1)
    lhs = binary(token.kind, lhs, rhs, modifiers)
  }
  tokens.leave()
  return lhs
}

interface Modifiers {
  readonly returnBool: boolean
  readonly matching: VectorMatching
}

function binary(op: string, lhs: Expr, rhs: Expr, { returnBool, matching }: Modifiers): BinaryExpr {
  if (SET_OPERATORS.has(op) && matching.card === 'one-to-one') matching.card = 'many-to-many'
  const range = { start: lhs.range.start, end: rhs.range.end }
  return { kind: 'binary', op, lhs, rhs, returnBool, matching, range }
}

function parseBinaryModifiers(tokens: TokenStream): Modifiers {
  const returnBool = tokens.take('bool') !== undefined
  const matching: VectorMatching = {
    card: 'one-to-one',
    labels: [],
    on: false,
    include: [],
    fillLeft: undefined,
    fillRight: undefined,
  }
  if (tokens.is('on') || tokens.is('ignoring')) {
    matching.on = tokens.next().kind === 'on'
    matching.labels = parseGrouping(tokens)
    if (tokens.is('group_left') || tokens.is('group_right')) {
      matching.card = tokens.next().kind === 'group_left' ? 'many-to-one' : 'one-to-many'
      if (tokens.is('(')) matching.include = parseGrouping(tokens)
    }
  }
  parseFill(tokens, matching)
  return { returnBool, matching }
}

function parseFill(tokens: TokenStream, matching: VectorMatching): void {
  const first = tokens.peek()
  for (let count = 0; count < 2; count++) {
    const { kind } = tokens.peek()
    const isLeft = kind === 'fill' || kind === 'fill_left'
    const isRight = kind === 'fill' || kind === 'fill_right'
    if (!isLeft && !isRight) break
    if (count === 1 && (kind === 'fill' || first.kind === 'fill' || kind === first.kind)) {
      tokens.unexpected()
    }
    tokens.next()
    tokens.expect('(')
    const sign = tokens.take('-') ? -1 : tokens.take('+') ? 1 : 1
    if (!tokens.is('number') && !tokens.is('duration')) tokens.unexpected()
    const value = sign * parseLiteral(tokens).value
    tokens.expect(')')
    if (isLeft) matching.fillLeft = value
    if (isRight) matching.fillRight = value
  }
  const isUsed = matching.fillLeft !== undefined || matching.fillRight !== undefined
  if (isUsed && !tokens.options.fillModifiers) {
    tokens.fail('binop fill modifiers are experimental and not enabled', first.start, tokens.end)
  }
}

function parseUnary(tokens: TokenStream): Expr {
  const token = tokens.peek()
  if (token.kind !== '+' && token.kind !== '-') return parsePostfix(tokens, parsePrimary(tokens))
  tokens.next()
  const expr = parseBinary(tokens, POWER)
  const range = { start: token.start, end: expr.range.end }
  if (expr.kind === 'number') {
    return { ...expr, value: token.kind === '-' ? -expr.value : expr.value, range }
  }
  return { kind: 'unary', op: token.kind, expr, range }
}

function parsePrimary(tokens: TokenStream): Expr {
  const token = tokens.peek()
  if (token.kind === 'number' || token.kind === 'duration') return parseLiteral(tokens)
  if (token.kind === 'string') {
    tokens.next()
    const range = { start: token.start, end: tokens.end }
    return { kind: 'string', value: unquote(token.text), range }
  }
  if (token.kind === '(') {
    tokens.next()
    const expr = parseBinary(tokens, 0)
    tokens.expect(')')
    return { kind: 'paren', expr, range: { start: token.start, end: tokens.end } }
  }
  if (token.kind === '{') return parseVectorSelector(tokens, undefined)
  if (!canNameMetric(token)) return tokens.unexpected()
  tokens.next()
  if (AGGREGATORS.has(token.kind)) {
    const next = tokens.peek().kind
    if (next === '(' || next === 'by' || next === 'without') return parseAggregation(tokens, token)
  } else if (tokens.is('(') && canCall(token)) return parseCall(tokens, token)
  return parseVectorSelector(tokens, token)
}

function canCall(token: Token): boolean {
  return token.kind === 'identifier' || findFunction(token.text) !== undefined
}

function parseVectorSelector(tokens: TokenStream, name: Token | undefined): VectorSelector {
  const start = name?.start ?? tokens.peek().start
  const matchers = tokens.is('{') ? parseMatchers(tokens) : []
  if (name) matchers.push(new Matcher('=', METRIC_NAME, name.text))
  return {
    kind: 'selector',
    name: name?.text ?? '',
    matchers,
    offsetMs: 0,
    offsetExpr: undefined,
    timestampMs: undefined,
    startOrEnd: undefined,
    anchored: false,
    smoothed: false,
    mayMatchEmpty: false,
    range: { start, end: tokens.end },
  }
}

function parseArguments(tokens: TokenStream): Expr[] {
  tokens.expect('(')
  const args: Expr[] = []
  if (tokens.take(')')) return args
  for (;;) {
    args.push(parseBinary(tokens, 0))
    if (tokens.take(')')) return args
    const comma = tokens.expect(',')
    if (tokens.is(')') || tokens.is(',')) {
      tokens.fail('trailing commas not allowed in function call args', comma.start, tokens.end)
    }
  }
}

function parseCall(tokens: TokenStream, name: Token): Expr {
  const func = findFunction(name.text)
  const args = parseArguments(tokens)
  const range = { start: name.start, end: tokens.end }
  if (!func) {
    return tokens.fail(`unknown function with name ${quoteGo(name.text)}`, range.start)
  }
  if (func.isExperimental && !tokens.options.experimentalFunctions) {
    tokens.fail(`function ${quoteGo(name.text)} is not enabled`, range.start)
  }
  return { kind: 'call', func, args, range }
}

function parseAggregation(tokens: TokenStream, op: Token): Expr {
  let grouping: string[] | undefined
  let without = false
  const modifier = () => {
    if (!tokens.is('by') && !tokens.is('without')) return
    without = tokens.next().kind === 'without'
    grouping = parseGrouping(tokens)
  }
  modifier()
  const args = parseArguments(tokens)
  if (grouping === undefined) modifier()
  const range = { start: op.start, end: tokens.end }
  if (args.length === 0) {
    tokens.fail('no arguments for aggregate expression provided', range.start, range.end)
  }
  const wanted = TWO_ARGUMENTS.has(op.kind) ? 2 : 1
  if (op.kind.startsWith('limit') && !tokens.options.experimentalFunctions) {
    const flag = '--enable-feature=promql-experimental-functions'
    tokens.fail(`${op.kind}() is experimental and must be enabled with ${flag}`, range.start)
  }
  if (args.length !== wanted) {
    const reason = `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`
    tokens.fail(reason, range.start, range.end)
  }
  const expr = args[wanted - 1] as Expr
  const param = wanted === 2 ? args[0] : undefined
  const labels = grouping ?? []
  return { kind: 'aggregation', op: op.kind, expr, param, grouping: labels, without, range }
}
