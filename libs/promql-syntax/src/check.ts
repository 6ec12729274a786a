import { METRIC_NAME } from '@prom/labels'
import { quoteGo } from '@prom/model'
import type { Aggregation, ValueType, VectorSelector } from './ast.ts'
import { type BinaryExpr, type Call, COMPARISONS, type Expr, SET_OPERATORS, typeOf } from './ast.ts'
import { ParseError } from './parse-error.ts'
import type { TextRange } from './position.ts'

/** How messages call a type. */
export const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
}

/** Checks types bottom-up, in the original's order. Throws the first ParseError. */
export function checkTypes(expr: Expr, text: string): void {
  new Checker(text).check(expr)
}

class Checker {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  check(expr: Expr): ValueType {
    switch (expr.kind) {
      case 'aggregation':
        this.#aggregation(expr)
        break
      case 'binary':
        this.#binary(expr)
        break
      case 'call':
        this.#call(expr)
        break
      case 'paren':
        this.check(expr.expr)
        break
      case 'unary': {
        const type = this.check(expr.expr)
        if (type !== 'scalar' && type !== 'vector') {
          const rule =
            'unary expression only allowed on expressions of type scalar or instant vector'
          this.#fail(`${rule}, got "${TYPE_NAMES[type]}"`, expr.range)
        }
        break
      }
      case 'subquery': {
        const type = this.check(expr.expr)
        if (type !== 'vector') {
          const rule = 'subquery is only allowed on instant vector'
          this.#fail(`${rule}, got ${type} instead`, expr.range)
        }
        break
      }
      case 'matrix':
        this.#selector(expr.selector)
        break
      case 'selector':
        this.#selector(expr)
    }
    return typeOf(expr)
  }

  #fail(reason: string, range: TextRange): never {
    throw new ParseError(reason, range, this.#text)
  }

  #expect(expr: Expr, wanted: ValueType, context: string): void {
    const type = this.check(expr)
    if (type === wanted) return
    const reason = `expected type ${TYPE_NAMES[wanted]} in ${context}, got ${TYPE_NAMES[type]}`
    this.#fail(reason, expr.range)
  }

  #aggregation(expr: Aggregation): void {
    this.#expect(expr.expr, 'vector', 'aggregation expression')
    if (!expr.param) return
    const wanted = expr.op === 'count_values' ? 'string' : 'scalar'
    this.#expect(expr.param, wanted, 'aggregation parameter')
  }

  #call(call: Call): void {
    const { name, argTypes, variadic } = call.func
    const count = call.args.length
    const inCall = `argument(s) in call to "${name}", got ${count}`
    if (variadic === 0) {
      if (count !== argTypes.length) this.#fail(`expected ${argTypes.length} ${inCall}`, call.range)
    } else {
      const least = argTypes.length - 1
      if (count < least) this.#fail(`expected at least ${least} ${inCall}`, call.range)
      const most = least + variadic
      if (variadic > 0 && count > most) this.#fail(`expected at most ${most} ${inCall}`, call.range)
    }
    if (name === 'info' && count > 1) this.#labelSelector(call.args[1] as Expr)
    call.args.forEach((arg, i) => {
      const wanted = argTypes[Math.min(i, argTypes.length - 1)] as ValueType
      this.#expect(arg, wanted, `call to function "${name}"`)
    })
  }

  #labelSelector(arg: Expr): void {
    if (arg.kind !== 'selector') this.#fail('expected label selectors only', arg.range)
    if (arg.name !== '') {
      this.#fail('expected label selectors only, got vector selector instead', arg.range)
    }
    arg.mayMatchEmpty = true
  }

  #selector(selector: VectorSelector): void {
    const { name, matchers, range } = selector
    if (name !== '') {
      for (const matcher of matchers.slice(0, -1)) {
        if (matcher.name !== METRIC_NAME) continue
        const names = `${quoteGo(name)} or ${quoteGo(matcher.value)}`
        this.#fail(`metric name must not be set twice: ${names}`, range)
      }
      return
    }
    if (selector.mayMatchEmpty || matchers.some((matcher) => !matcher.matchesEmpty)) return
    this.#fail('vector selector must contain at least one non-empty matcher', range)
  }

  #binary(expr: BinaryExpr): void {
    const left = this.check(expr.lhs)
    const right = this.check(expr.rhs)
    const isComparison = COMPARISONS.has(expr.op)
    if (expr.returnBool && !isComparison) {
      this.#fail(
        'bool modifier can only be used on comparison operators',
        this.#operatorRange(expr),
      )
    }
    if (isComparison && !expr.returnBool && left === 'scalar' && right === 'scalar') {
      this.#fail('comparisons between scalars must use BOOL modifier', this.#operatorRange(expr))
    }
    this.#labelsInBoth(expr)
    this.#sides(expr, left, right)
    this.#matching(expr, left, right)
    const hasScalar = left === 'scalar' || right === 'scalar'
    if (hasScalar && SET_OPERATORS.has(expr.op)) {
      this.#fail(`set operator "${expr.op}" not allowed in binary scalar expression`, expr.range)
    }
  }

  #labelsInBoth(expr: BinaryExpr): void {
    const { matching } = expr
    if (!matching?.on) return
    for (const label of matching.labels) {
      if (!matching.include.includes(label)) continue
      const reason = `label ${quoteGo(label)} must not occur in ON and GROUP clause at once`
      this.#fail(reason, this.#operatorRange(expr))
    }
  }

  #sides({ lhs, rhs }: BinaryExpr, left: ValueType, right: ValueType): void {
    const reason = 'binary expression must contain only scalar and instant vector types'
    if (left !== 'scalar' && left !== 'vector') this.#fail(reason, lhs.range)
    if (right !== 'scalar' && right !== 'vector') this.#fail(reason, rhs.range)
  }

  #matching(expr: BinaryExpr, left: ValueType, right: ValueType): void {
    const { matching, op, range } = expr
    if (!matching) return
    const isFilling = matching.fillLeft !== undefined || matching.fillRight !== undefined
    if (left !== 'vector' || right !== 'vector') {
      if (matching.labels.length > 0) {
        this.#fail('vector matching only allowed between instant vectors', range)
      }
      if (isFilling) {
        this.#fail('filling in missing series only allowed between instant vectors', range)
      }
      expr.matching = undefined
      return
    }
    if (!SET_OPERATORS.has(op)) return
    if (matching.card === 'one-to-many' || matching.card === 'many-to-one') {
      this.#fail(`no grouping allowed for "${op}" operation`, range)
    }
    if (isFilling) this.#fail('filling in missing series not allowed for set operators', range)
  }

  /** From the operator to the right side, as far as messages about the operator point. */
  #operatorRange({ lhs, rhs }: BinaryExpr): TextRange {
    let start = lhs.range.end
    while (start < rhs.range.start && /\s/.test(this.#text[start] as string)) start++
    return { start, end: rhs.range.start }
  }
}
