/** The parsed expression of `/parse_query`, as text and as a tree of parts. */

export interface ExprNode {
  readonly type: string
  readonly [key: string]: unknown
}

interface Matcher {
  readonly name: string
  readonly type: string
  readonly value: string
}

const node = (value: unknown) => value as ExprNode

/** The parts an expression is made of, in the order they are written. */
export function partsOf(expr: ExprNode): readonly ExprNode[] {
  switch (expr.type) {
    case 'binaryExpr':
      return [node(expr.lhs), node(expr.rhs)]
    case 'call':
      return expr.args as ExprNode[]
    case 'aggregation':
      return expr.param ? [node(expr.param), node(expr.expr)] : [node(expr.expr)]
    case 'parenExpr':
    case 'unaryExpr':
    case 'subquery':
    case 'stepInvariantExpr':
      return [node(expr.expr)]
    default:
      return []
  }
}

/** One level of it: parts are shown as dots. */
export const titleOf = (expr: ExprNode): string =>
  render(
    expr,
    partsOf(expr).map(() => '…'),
  )

/** The whole of it, so that a part can be asked for by itself. */
export const printExpr = (expr: ExprNode): string => render(expr, partsOf(expr).map(printExpr))

function render(expr: ExprNode, parts: readonly string[]): string {
  const [first = '', second = ''] = parts
  switch (expr.type) {
    case 'binaryExpr':
      return `${first} ${expr.op}${expr.bool ? ' bool' : ''}${printMatching(expr.matching)} ${second}`
    case 'call':
      return `${node(expr.func).name}(${parts.join(', ')})`
    case 'aggregation': {
      const grouping = (expr.grouping as string[]).map(printName)
      const by = expr.without ? ` without (${grouping.join(', ')})` : ` by (${grouping.join(', ')})`
      const isGrouped = grouping.length > 0 || expr.without
      return `${expr.op}${isGrouped ? by : ''} (${parts.join(', ')})`
    }
    case 'parenExpr':
      return `(${first})`
    case 'unaryExpr':
      return `${expr.op}${first}`
    case 'subquery': {
      const step = expr.stepExpr || Number(expr.step) > 0 ? printStep(expr, 'step') : ''
      return `${first}[${printStep(expr, 'range')}:${step}]${printModifiers(expr)}`
    }
    case 'matrixSelector': {
      // These two stand behind the range.
      const kind = expr.anchored ? ' anchored' : expr.smoothed ? ' smoothed' : ''
      return `${printSelector(expr)}[${printStep(expr, 'range')}]${kind}${printModifiers(expr)}`
    }
    case 'vectorSelector': {
      const kind = expr.anchored ? ' anchored' : expr.smoothed ? ' smoothed' : ''
      return `${printSelector(expr)}${kind}${printModifiers(expr)}`
    }
    case 'numberLiteral':
      return String(expr.val)
    case 'stringLiteral':
      return JSON.stringify(expr.val)
    default:
      return expr.type
  }
}

/** A range or step: as it was computed, or the expression that is computed when the query runs. */
function printStep(expr: ExprNode, key: 'range' | 'step'): string {
  const duration = expr[`${key}Expr`] as ExprNode | null
  return duration?.type === 'durationExpr' ? printDuration(duration) : printMs(expr[key])
}

function printDuration(expr: ExprNode | null): string {
  if (!expr) return ''
  if (expr.type === 'numberLiteral') return String(expr.val)
  const { op } = expr
  const [lhs, rhs] = [printDuration(expr.lhs as ExprNode), printDuration(expr.rhs as ExprNode)]
  const text =
    op === 'step' || op === 'range'
      ? `${op}()`
      : op === 'min' || op === 'max'
        ? `${op}(${lhs}, ${rhs})`
        : `${lhs} ${op} ${rhs}`.trim()
  return expr.wrapped ? `(${text})` : text
}

/** What it does, in words. */
export function describe(expr: ExprNode): string[] {
  switch (expr.type) {
    case 'vectorSelector':
      return [
        `Selects the newest sample of each series${expr.name ? ` named ${expr.name}` : ''}, no older than the lookback (5 minutes unless set otherwise).`,
        ...describeMatchers(expr),
        ...describeTimes(expr),
      ]
    case 'matrixSelector':
      return [
        `Selects all samples of the last ${printMs(expr.range)} of each series${expr.name ? ` named ${expr.name}` : ''}.`,
        ...describeMatchers(expr),
        ...describeTimes(expr),
      ]
    case 'subquery':
      return [
        `Evaluates the inner expression over the last ${printMs(expr.range)}, ${
          Number(expr.step) > 0
            ? `every ${printMs(expr.step)}`
            : 'at the global evaluation interval'
        }.`,
        ...describeTimes(expr),
      ]
    case 'aggregation': {
      const grouping = expr.grouping as string[]
      return [
        `Combines series with ${expr.op}.`,
        expr.without
          ? `Series that agree in all labels but ${list(grouping)} become one.`
          : grouping.length > 0
            ? `One result for each combination of ${list(grouping)}; other labels are dropped.`
            : 'All series become one; no label stays.',
      ]
    }
    case 'call': {
      const { name, argTypes, returnType } = node(expr.func) as unknown as {
        name: string
        argTypes: string[]
        returnType: string
      }
      return [
        `Calls ${name}(${argTypes.join(', ')}), which yields ${/^[aeiou]/.test(returnType) ? 'an' : 'a'} ${returnType}.`,
      ]
    }
    case 'binaryExpr':
      return describeBinary(expr)
    case 'unaryExpr':
      return [
        expr.op === '-' ? 'Negates every value; the metric name is dropped.' : 'Changes nothing.',
      ]
    case 'numberLiteral':
      return ['A number.']
    case 'stringLiteral':
      return ['A string.']
    default:
      return []
  }
}

function describeBinary(expr: ExprNode): string[] {
  const matching = expr.matching as Matching | null
  const comparison = ['==', '!=', '<', '<=', '>', '>='].includes(String(expr.op))
  const effect = comparison
    ? expr.bool
      ? 'Compares: 1 where it holds, 0 where it does not.'
      : 'Compares: keeps what it holds for, drops the rest.'
    : ['and', 'or', 'unless'].includes(String(expr.op))
      ? {
          and: 'Keeps series of the left side that have a partner on the right.',
          or: 'All series of the left side, and those of the right that have no partner there.',
          unless: 'Keeps series of the left side that have no partner on the right.',
        }[String(expr.op) as 'and' | 'or' | 'unless']
      : `Computes left ${expr.op} right for each pair of series.`
  if (!matching) return [effect]
  const { card, labels, on, include } = matching
  return [
    effect,
    on
      ? `Partners agree in ${list(labels)}.`
      : labels.length > 0
        ? `Partners agree in all labels but ${list(labels)}.`
        : 'Partners agree in all labels.',
    ...(card === 'many-to-one'
      ? [
          `Many on the left may share one on the right${include.length > 0 ? `, and take its ${list(include)}` : ''}.`,
        ]
      : card === 'one-to-many'
        ? [
            `Many on the right may share one on the left${include.length > 0 ? `, and take its ${list(include)}` : ''}.`,
          ]
        : []),
  ]
}

interface Matching {
  readonly card: string
  readonly labels: readonly string[]
  readonly on: boolean
  readonly include: readonly string[]
  readonly fillValues?: { readonly lhs: number | null; readonly rhs: number | null }
}

const words: Readonly<Record<string, string>> = {
  '=': 'is',
  '!=': 'is not',
  '=~': 'matches',
  '!~': 'does not match',
}

function describeMatchers(expr: ExprNode): string[] {
  return (expr.matchers as Matcher[])
    .filter(
      ({ name, type, value }) => !(name === '__name__' && type === '=' && value === expr.name),
    )
    .map(({ name, type, value }) => `Label ${name} ${words[type]} ${JSON.stringify(value)}.`)
}

function describeTimes(expr: ExprNode): string[] {
  const offset = Number(expr.offset ?? 0)
  return [
    ...(offset > 0 ? [`Looks ${printMs(offset)} into the past.`] : []),
    ...(offset < 0 ? [`Looks ${printMs(-offset)} ahead.`] : []),
    ...(expr.timestamp !== null && expr.timestamp !== undefined
      ? [`At a fixed time: ${new Date(Number(expr.timestamp)).toISOString()}.`]
      : []),
    ...(expr.startOrEnd ? [`At the ${expr.startOrEnd} of the range.`] : []),
  ]
}

const list = (names: readonly string[]) =>
  names.length === 0
    ? 'no label'
    : names.length === 1
      ? String(names[0])
      : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

function printMatching(value: unknown): string {
  const matching = value as Matching | null
  if (!matching) return ''
  const { labels, on, card, include } = matching
  const fill = printFill(matching.fillValues)
  const text = on || labels.length > 0 ? ` ${on ? 'on' : 'ignoring'} (${labels.join(', ')})` : ''
  const group = { 'many-to-one': 'group_left', 'one-to-many': 'group_right' }[card]
  const included = include.length > 0 ? ` (${include.join(', ')})` : ''
  return group ? `${text} ${group}${included}${fill}` : `${text}${fill}`
}

function printFill(values: Matching['fillValues']): string {
  const { lhs = null, rhs = null } = values ?? {}
  if (lhs !== null && lhs === rhs) return ` fill (${lhs})`
  return `${lhs === null ? '' : ` fill_left (${lhs})`}${rhs === null ? '' : ` fill_right (${rhs})`}`
}

function printSelector(expr: ExprNode): string {
  const name = String(expr.name ?? '')
  const matchers = (expr.matchers as Matcher[])
    .filter((one) => !(one.name === '__name__' && one.type === '=' && one.value === name))
    .map(({ name: label, type, value }) => `${printName(label)}${type}${JSON.stringify(value)}`)
  const isPlain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
  const inside = name && !isPlain ? [JSON.stringify(name), ...matchers] : matchers
  return `${isPlain ? name : ''}${inside.length > 0 || !isPlain ? `{${inside.join(', ')}}` : ''}`
}

const printName = (name: string) =>
  /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(name)

function printModifiers(expr: ExprNode): string {
  const offset = Number(expr.offset ?? 0)
  const at =
    expr.timestamp !== null && expr.timestamp !== undefined
      ? ` @ ${Number(expr.timestamp) / 1000}`
      : expr.startOrEnd
        ? ` @ ${expr.startOrEnd}()`
        : ''
  return `${at}${offset === 0 ? '' : ` offset ${offset < 0 ? '-' : ''}${printMs(Math.abs(offset))}`}`
}

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
  [1, 'ms'],
] as const

export function printMs(value: unknown): string {
  let left = Number(value)
  if (left === 0) return '0s'
  let text = ''
  for (const [size, unit] of units) {
    const count = Math.floor(left / size)
    if (count > 0) text += `${count}${unit}`
    left -= count * size
  }
  return text
}
