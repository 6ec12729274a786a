/** A plan as people and programs read it. */
import { printDuration, printRfc3339 } from '@prom/model'
import {
  type BinaryExpr,
  childrenOf,
  type Expr,
  printExpr,
  SET_OPERATORS,
  type TimeModifiers,
  typeOf,
} from '@prom/promql-syntax'
import { RANGE_FUNCTIONS } from '../functions/range-functions.ts'
import { floatKernel } from '../kernels/float-kernels.ts'
import type { Plan } from './prepare.ts'
import type { QueryRange } from './rewrite.ts'
import { REWRITES } from './rewrites.ts'

/** One operator of a plan. */
export interface PlanNode {
  /** What is done: `select`, `select range`, `call rate`, `sum`, `join` ... */
  readonly operator: string
  /** The expression it stands for. */
  readonly expression: string
  /** How, in a few words each. */
  readonly notes: readonly string[]
  readonly inputs: readonly PlanNode[]
}

export interface Explanation {
  readonly query: string
  readonly steps: number
  /** Sample times that are looked at, RFC 3339; undefined where no samples are. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly rewrites: readonly {
    readonly name: string
    readonly about: string
    readonly changes: readonly string[]
  }[]
  readonly plan: PlanNode
  /** The plan as lines of text, inputs indented. */
  readonly text: string
}

export function explainPlan(plan: Plan, range: QueryRange, lookbackMs: number): Explanation {
  const { startMs, endMs, stepMs } = range
  const steps = stepMs > 0 && endMs >= startMs ? Math.floor((endMs - startMs) / stepMs) + 1 : 1
  const node = describe(plan.expr, plan, lookbackMs)
  const hasData = plan.mint <= plan.maxt
  return {
    query: printExpr(plan.expr),
    steps,
    from: hasData ? printRfc3339(plan.mint) : undefined,
    to: hasData ? printRfc3339(plan.maxt) : undefined,
    rewrites: plan.rewritten.map(({ name, changes }) => ({
      name,
      about: REWRITES.find((rewrite) => rewrite.name === name)?.about ?? '',
      changes,
    })),
    plan: node,
    text: linesOf(node, '').join('\n'),
  }
}

function linesOf({ operator, expression, notes, inputs }: PlanNode, indent: string): string[] {
  const how = notes.length > 0 ? `  [${notes.join('; ')}]` : ''
  return [
    `${indent}${operator}: ${expression}${how}`,
    ...inputs.flatMap((input) => linesOf(input, `${indent}  `)),
  ]
}

function describe(expr: Expr, plan: Plan, lookbackMs: number): PlanNode {
  const notes: string[] = plan.invariant.has(expr) ? ['evaluated once, repeated at each step'] : []
  const make = (operator: string, ...more: string[]): PlanNode => ({
    operator,
    expression: printExpr(expr),
    notes: [...notes, ...more],
    inputs: childrenOf(expr).map((child) => describe(child, plan, lookbackMs)),
  })
  switch (expr.kind) {
    case 'number':
    case 'string':
      return make(typeOf(expr))
    case 'paren': {
      const inner = describe(expr.expr, plan, lookbackMs)
      return { ...inner, notes: [...notes, ...inner.notes] }
    }
    case 'unary':
      return make('unary')
    case 'selector': {
      const how = expr.smoothed ? 'between the samples around each step' : 'newest sample'
      return make(
        'select',
        `${how}, at most ${printDuration(lookbackMs)} old`,
        ...momentNotes(expr),
      )
    }
    case 'matrix': {
      const own = { operator: 'select range', expression: printExpr(expr), inputs: [] }
      const window = `windows of ${printDuration(expr.rangeMs)}, shared by series with equal times`
      return { ...own, notes: [...notes, window, ...momentNotes(expr.selector)] }
    }
    case 'subquery': {
      const every = `every ${printDuration(expr.stepMs)} over ${printDuration(expr.rangeMs)}`
      return make('subquery', every, ...momentNotes(expr))
    }
    case 'call':
      return make(`call ${expr.func.name}`, ...callNotes(expr.func.name))
    case 'aggregation': {
      const by = expr.without ? 'without' : 'by'
      return make(`aggregate ${expr.op}`, `groups ${by} (${expr.grouping.join(', ')})`)
    }
    case 'binary':
      return make(binaryOperator(expr), ...binaryNotes(expr))
  }
}

function momentNotes({ timestampMs, offsetMs }: TimeModifiers): string[] {
  const notes: string[] = []
  if (timestampMs !== undefined) notes.push(`at ${printRfc3339(timestampMs)}`)
  if (offsetMs > 0) notes.push(`${printDuration(offsetMs)} earlier`)
  if (offsetMs < 0) notes.push(`${printDuration(-offsetMs)} later`)
  return notes
}

function callNotes(name: string): string[] {
  if (!RANGE_FUNCTIONS.has(name)) return []
  return [floatKernel(name) ? 'floats by a loop over columns' : 'window by window']
}

function binaryOperator({ op, matching }: BinaryExpr): string {
  if (!matching) return 'with scalar'
  return SET_OPERATORS.has(op) ? `set ${op}` : 'join'
}

function binaryNotes({ matching }: BinaryExpr): string[] {
  if (!matching) return []
  const labels = matching.labels.join(', ')
  return [`${matching.card} ${matching.on ? 'on' : 'ignoring'} (${labels})`]
}
