import { type Matcher, METRIC_NAME } from '@prom/labels'
import { printDuration, printFloat, quoteGo } from '@prom/model'
import type {
  Aggregation,
  BinaryExpr,
  DurationExpr,
  Expr,
  NumberLiteral,
  Subquery,
  TimeModifiers,
  VectorSelector,
} from './ast.ts'
import { quoteBytes } from './go-string.ts'

const PLAIN_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** The query in its canonical form, on one line. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr)
    case 'string':
      return quoteBytes(expr.value)
    case 'selector':
      return printSelector(expr)
    case 'matrix': {
      const { selector } = expr
      const range = printDurationOr(expr.rangeMs, expr.rangeExpr)
      const extension = printExtension(selector)
      return `${printName(selector)}[${range}]${extension}${printModifiers(selector)}`
    }
    case 'subquery':
      return printExpr(expr.expr) + printSubquerySuffix(expr)
    case 'call':
      return `${expr.func.name}(${expr.args.map(printExpr).join(', ')})`
    case 'aggregation': {
      const param = expr.param ? `${printExpr(expr.param)}, ` : ''
      return `${printAggregationHead(expr)}(${param}${printExpr(expr.expr)})`
    }
    case 'binary':
      return `${printExpr(expr.lhs)} ${printOperator(expr)} ${printExpr(expr.rhs)}`
    case 'unary':
      return `${expr.op}${printExpr(expr.expr)}`
    case 'paren':
      return `(${printExpr(expr.expr)})`
  }
}

/** `{a="b",c!="d"}` as in an API answer or message; matchers in text order, the plain name before the braces. */
export function printSelector(selector: VectorSelector): string {
  return printName(selector) + printExtension(selector) + printModifiers(selector)
}

function printName({ name, matchers }: VectorSelector): string {
  const shown = matchers.filter((matcher) => {
    const isName = matcher.name === METRIC_NAME && matcher.type === '='
    return !(isName && name !== '' && matcher.value === name)
  })
  if (shown.length === 0 && name !== '') return name
  return `${name}{${shown.map(printMatcher).sort().join(',')}}`
}

/** `a="b"`, a name that is not plain in quotes. */
export function printMatcher({ name, type, value }: Matcher): string {
  return `${printLabelName(name)}${type}${quoteGo(value)}`
}

function printLabelName(name: string): string {
  return PLAIN_LABEL.test(name) ? name : quoteGo(name)
}

function printExtension({ anchored, smoothed }: VectorSelector): string {
  return anchored ? ' anchored' : smoothed ? ' smoothed' : ''
}

function printModifiers(node: TimeModifiers): string {
  let out = ''
  if (node.timestampMs !== undefined) out += ` @ ${printFloat(node.timestampMs / 1000, 'f', 3)}`
  else if (node.startOrEnd) out += ` @ ${node.startOrEnd}()`
  if (node.offsetExpr) out += ` offset ${printDurationExpr(node.offsetExpr)}`
  else if (node.offsetMs !== 0) out += ` offset ${printDuration(node.offsetMs)}`
  return out
}

export function printSubquerySuffix(node: Subquery): string {
  const range = printDurationOr(node.rangeMs, node.rangeExpr)
  const hasStep = node.stepMs !== 0 || node.stepExpr !== undefined
  const step = hasStep ? printDurationOr(node.stepMs, node.stepExpr) : ''
  return `[${range}:${step}]${printModifiers(node)}`
}

function printDurationOr(ms: number, expr: DurationExpr | undefined): string {
  return expr ? printDurationExpr(expr) : printDuration(ms)
}

function printDurationExpr(expr: DurationExpr): string {
  if (expr.kind === 'number') return printNumber(expr)
  const text = printDurationOperation(expr)
  return expr.wrapped ? `(${text})` : text
}

function printDurationOperation(expr: Exclude<DurationExpr, NumberLiteral>): string {
  const { op, lhs, rhs } = expr
  if (op === 'step' || op === 'range') return `${op}()`
  const right = rhs ? printDurationExpr(rhs) : ''
  if (!lhs) return op === '+' ? right : `${op}${right}`
  const left = printDurationExpr(lhs)
  return op.endsWith('_of') ? `${op}(${left}, ${right})` : `${left} ${op} ${right}`
}

export function printNumber({ value, isDuration }: NumberLiteral): string {
  if (isDuration) return printDuration(Math.round(value * 1000))
  return printFloat(value, 'f')
}

/** `sum by (a, b) ` up to the argument list. */
export function printAggregationHead({ op, grouping, without }: Aggregation): string {
  if (without) return `${op} without (${printLabels(grouping)}) `
  return grouping.length > 0 ? `${op} by (${printLabels(grouping)}) ` : op
}

/** The operator with all its modifiers. */
export function printOperator({ op, returnBool, matching }: BinaryExpr): string {
  let out = returnBool ? `${op} bool` : op
  if (!matching) return out
  const isGrouped = matching.card === 'many-to-one' || matching.card === 'one-to-many'
  if (matching.labels.length > 0 || matching.on || isGrouped) {
    out += ` ${matching.on ? 'on' : 'ignoring'} (${printLabels(matching.labels)})`
  }
  if (isGrouped) {
    const side = matching.card === 'many-to-one' ? 'left' : 'right'
    out += ` group_${side} (${printLabels(matching.include)})`
  }
  const { fillLeft, fillRight } = matching
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight)) {
    return `${out} fill (${printFloat(fillLeft, 'f')})`
  }
  if (fillLeft !== undefined) out += ` fill_left (${printFloat(fillLeft, 'f')})`
  if (fillRight !== undefined) out += ` fill_right (${printFloat(fillRight, 'f')})`
  return out
}

const printLabels = (labels: readonly string[]) => labels.map(printLabelName).join(', ')
