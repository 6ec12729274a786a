/** eq, ne, lt, le, gt, ge as Go's templates compare: same basic kind only. */
import { FunctionError } from '../errors.ts'
import { sprint } from '../format/printf.ts'
import {
  asInteger,
  asList,
  asMap,
  asText,
  compareUtf8,
  GoStruct,
  isNil,
  typeName,
  type Value,
} from '../values.ts'
import { defineVariadic, type FunctionTable } from './define.ts'

type Kind = 'bool' | 'integer' | 'float' | 'string'

const BAD_TYPE = 'invalid type for comparison'

export const comparisonFunctions: FunctionTable = {
  eq: defineVariadic(['any'], 'any', (first, ...rest) => {
    if (rest.length === 0) throw new FunctionError('missing argument for comparison')
    let isEqual = false
    for (const other of rest) {
      if (areEqual(first, other)) {
        isEqual = true
        break
      }
    }
    return isEqual
  }),
  ne: { params: ['any', 'any'], call: (a, b) => !areEqual(a, b) },
  lt: { params: ['any', 'any'], call: (a, b) => order(a, b) === -1 },
  le: { params: ['any', 'any'], call: (a, b) => isAtMost(order(a, b)) },
  gt: { params: ['any', 'any'], call: (a, b) => order(a, b) === 1 },
  ge: {
    params: ['any', 'any'],
    call: (a, b) => {
      const sign = order(a, b)
      return sign === 1 || sign === 0
    },
  },
}

function isAtMost(sign: number): boolean {
  return sign === -1 || sign === 0
}

function kindOf(value: Value): Kind | undefined {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return 'float'
  if (asText(value) !== undefined) return 'string'
  return asInteger(value) === undefined ? undefined : 'integer'
}

function areEqual(a: Value, b: Value): boolean {
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b)
  const kindA = kindOf(a)
  const kindB = kindOf(b)
  if (kindA !== kindB) throw badPair(a, b)
  if (kindA === undefined) {
    checkComparable(a)
    checkComparable(b)
    return sprint([a]) === sprint([b])
  }
  if (kindA === 'integer') return asInteger(a) === asInteger(b)
  if (kindA === 'string') return asText(a) === asText(b)
  return a === b
}

function badPair(a: Value, b: Value): FunctionError {
  const types = `${typeName(a)} and ${typeName(b)}`
  return new FunctionError(`incompatible types for comparison: ${types}`)
}

function checkComparable(value: Value): void {
  if (asList(value) || asMap(value)) {
    throw new FunctionError(`non-comparable type ${sprint([value])}: ${typeName(value)}`)
  }
}

/** -1, 0 or 1; 2 where one is NaN. */
function order(a: Value, b: Value): number {
  const kind = orderedKind(a)
  if (orderedKind(b) !== kind) throw badPair(a, b)
  if (kind === 'string') return Math.sign(compareUtf8(asText(a) as string, asText(b) as string))
  if (kind === 'bool') throw new FunctionError(BAD_TYPE)
  const x = kind === 'integer' ? (asInteger(a) as bigint) : (a as number)
  const y = kind === 'integer' ? (asInteger(b) as bigint) : (b as number)
  if (x < y) return -1
  if (x > y) return 1
  return x === y ? 0 : 2
}

function orderedKind(value: Value): Kind {
  const kind = value instanceof GoStruct ? undefined : kindOf(value)
  if (kind === undefined) throw new FunctionError(BAD_TYPE)
  return kind
}
