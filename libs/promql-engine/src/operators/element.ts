import {
  addHistograms,
  divideHistogram,
  equalHistograms,
  type FloatHistogram,
  scaleHistogram,
  subtractHistograms,
  trimHistogram,
} from '@prom/histogram'
import { type BinaryExpr, COMPARISONS } from '@prom/promql-syntax'
import type { Frame } from '../context.ts'
import { NUMBER_OPERATORS, type NumberOperator } from '../kernels/arithmetic.ts'

export type Value = number | FloatHistogram

/** The operator of one binary expression, applied to two elements. */
export class ElementOperator {
  readonly #node: BinaryExpr
  readonly #frame: Frame
  readonly #numbers: NumberOperator | undefined
  readonly isComparison: boolean
  /** Keeps the metric name: comparisons without bool, and trimming. */
  readonly keepsName: boolean

  constructor(frame: Frame, node: BinaryExpr) {
    this.#frame = frame
    this.#node = node
    this.#numbers = NUMBER_OPERATORS[node.op]
    this.isComparison = COMPARISONS.has(node.op)
    const isTrim = node.op === '</' || node.op === '>/'
    this.keepsName = isTrim || (this.isComparison && !node.returnBool)
  }

  /** The kernel for floats on both sides; undefined for trimming. */
  get numbers(): NumberOperator | undefined {
    return this.#numbers
  }

  /** The result, or undefined if the element is dropped. A comparison gives the left element, or 0 and 1. */
  apply(left: Value, right: Value): Value | undefined {
    if (typeof left === 'number' && typeof right === 'number') {
      if (!this.#numbers) return this.#incompatible('float', 'float')
      const result = this.#numbers(left, right)
      if (!this.isComparison) return result
      return this.#node.returnBool ? result : result === 1 ? left : undefined
    }
    if (typeof left === 'number') return this.#floatAndHistogram(left, right as FloatHistogram)
    if (typeof right === 'number') return this.#histogramAndFloat(left, right)
    return this.#histograms(left, right)
  }

  #incompatible(left: string, right: string): undefined {
    const { op, range } = this.#node
    const text = `incompatible sample types encountered for binary operator "${op}"`
    this.#frame.context.notes.info(`${text}: ${left} ${op} ${right}`, range)
    return undefined
  }

  #floatAndHistogram(left: number, right: FloatHistogram): Value | undefined {
    if (this.#node.op === '*') return scaleHistogram(right, left)
    return this.#incompatible('float', 'histogram')
  }

  #histogramAndFloat(left: FloatHistogram, right: number): Value | undefined {
    switch (this.#node.op) {
      case '*':
        return scaleHistogram(left, right)
      case '/':
        return divideHistogram(left, right)
      case '</':
        return trimHistogram(left, right, 'below')
      case '>/':
        return trimHistogram(left, right, 'above')
    }
    return this.#incompatible('histogram', 'float')
  }

  #histograms(left: FloatHistogram, right: FloatHistogram): Value | undefined {
    const { op, returnBool } = this.#node
    if (op === '+' || op === '-') return this.#combine(left, right)
    if (op !== '==' && op !== '!=') return this.#incompatible('histogram', 'histogram')
    const isTrue = equalHistograms(left, right) === (op === '==')
    if (returnBool) return isTrue ? 1 : 0
    return isTrue ? left : undefined
  }

  #combine(left: FloatHistogram, right: FloatHistogram): FloatHistogram | undefined {
    const { op, range } = this.#node
    const { notes } = this.#frame.context
    const isSum = op === '+'
    const what = isSum ? 'addition' : 'subtraction'
    const combined = isSum ? addHistograms(left, right) : subtractHistograms(left, right)
    if (!combined) {
      notes.warn(`incompatible bucket layout encountered for binary operator ${op}`, range)
      return undefined
    }
    if (combined.hasConflict) {
      notes.warn(`conflicting counter resets during histogram ${what}`, range)
    }
    if (combined.isRebucketed) {
      notes.info(`mismatched custom buckets were reconciled during ${what}`, range)
    }
    return isSum ? combined.histogram : { ...combined.histogram, counterResetHint: 'gauge' }
  }
}
