import type { Matcher } from '@prom/labels'
import { type Expr, type ParseOptions, parseExpr, selectorsOf, typeOf } from '@prom/promql-syntax'
import type { TestStorage } from './test-storage.ts'

/** Functions that give something for nothing, or that complain about arguments even then. */
const EAGER: ReadonlySet<string> = new Set([
  'absent',
  'absent_over_time',
  'double_exponential_smoothing',
  'histogram_quantiles',
  'holt_winters',
  'info',
  'label_join',
  'label_replace',
  'scalar',
  'vector',
])

interface Compiled {
  readonly expr: Expr
  /** Of its selectors, if without any series it gives nothing; otherwise undefined. */
  readonly inputs: readonly (readonly Matcher[])[] | undefined
  /** The storage asked last, and how many series it had. */
  storage: TestStorage | undefined
  seriesCount: number
  hasNoInput: boolean
}

/** Queries of a run, parsed once each. Tests feed few series to many rules: most have nothing to work on. */
export class CompiledQueries {
  readonly #options: ParseOptions
  readonly #known = new Map<string, Compiled>()

  constructor(options: ParseOptions) {
    this.#options = options
  }

  /** `hasNoInput`: the answer is empty at any time, as long as no series comes. Throws ParseError. */
  get(query: string, storage: TestStorage): { readonly expr: Expr; readonly hasNoInput: boolean } {
    let known = this.#known.get(query)
    if (!known) {
      const expr = parseExpr(query, this.#options)
      const inputs = needsInput(expr)
        ? selectorsOf(expr).map(({ matchers }) => matchers)
        : undefined
      known = { expr, inputs, storage: undefined, seriesCount: 0, hasNoInput: false }
      this.#known.set(query, known)
    }
    if (known.inputs) {
      if (known.storage !== storage || known.seriesCount !== storage.seriesCount) {
        known.storage = storage
        known.seriesCount = storage.seriesCount
        known.hasNoInput = !known.inputs.some((matchers) => storage.hasSeries(matchers))
      }
    }
    return known
  }
}

/** Whether a vector or range is empty, without a complaint, when all its selectors find nothing. */
function needsInput(expr: Expr): boolean {
  switch (expr.kind) {
    case 'selector':
      return expr.offsetExpr === undefined && !expr.anchored && !expr.smoothed
    case 'matrix':
      return expr.rangeExpr === undefined && needsInput(expr.selector)
    case 'subquery':
      return expr.rangeExpr === undefined && expr.stepExpr === undefined && needsInput(expr.expr)
    case 'paren':
    case 'unary':
      return needsInput(expr.expr)
    case 'aggregation':
      return expr.param === undefined && needsInput(expr.expr)
    case 'call': {
      const series = expr.args.filter((arg) => isSeries(arg))
      return !EAGER.has(expr.func.name) && series.length > 0 && expr.args.every(isFine)
    }
    case 'binary':
      return isSeries(expr.lhs) || isSeries(expr.rhs) ? isFine(expr.lhs) && isFine(expr.rhs) : false
    default:
      return false
  }
}

const isSeries = (expr: Expr) => ['vector', 'matrix'].includes(typeOf(expr))

/** A literal, or something that needs input. */
function isFine(expr: Expr): boolean {
  if (expr.kind === 'paren') return isFine(expr.expr)
  return expr.kind === 'number' || expr.kind === 'string' || needsInput(expr)
}
