/** Schema of histograms with custom bounds. */
export const CUSTOM_SCHEMA = -53

/** Bounds of schema 8 in [1, 2): entry i is 2^(i/256) as the originals have it, to the last bit. */
const FRACTIONS = makeFractions()

function makeFractions(): Float64Array {
  let bounds = [1]
  for (let schema = 1; schema <= 8; schema++) {
    // Compat: one unit in the last place below the square root of two.
    const factor = schema === 1 ? Math.SQRT2 - Number.EPSILON : 2 ** (2 ** -schema)
    bounds = bounds.flatMap((bound) => [bound, bound * factor])
  }
  return Float64Array.from(bounds)
}

/** Upper bound of bucket `index` of an exponential schema: 2^(index / 2^schema). */
export function exponentialBound(schema: number, index: number): number {
  if (schema <= 0) {
    const exponent = index * 2 ** -schema
    // The bound of the last bucket does not fit; the largest number stands for it.
    return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent
  }
  const size = 1 << schema
  const exponent = Math.floor(index / size)
  const fraction = FRACTIONS[(index - exponent * size) << (8 - schema)] as number
  if (fraction === 1 && exponent === 1024) return Number.MAX_VALUE
  return exponent < -1022 ? fraction * 2 ** (exponent + 100) * 2 ** -100 : fraction * 2 ** exponent
}

/** Upper bound of a positive bucket of any schema. */
export function upperBound(schema: number, index: number, customValues: readonly number[]): number {
  if (schema !== CUSTOM_SCHEMA) return exponentialBound(schema, index)
  return index < customValues.length ? (customValues[index] as number) : Number.POSITIVE_INFINITY
}

/** Lower bound of a positive bucket of any schema. */
export function lowerBound(schema: number, index: number, customValues: readonly number[]): number {
  if (schema !== CUSTOM_SCHEMA) return exponentialBound(schema, index - 1)
  return index > 0 ? (customValues[index - 1] as number) : Number.NEGATIVE_INFINITY
}
