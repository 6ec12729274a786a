import { ExpositionError } from './parse-error.ts'
import { quoteBytes } from './quote.ts'

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const INFINITE = /^[+-]?inf(?:inity)?$/i

/**
 * The number at `start` up to `end`, as exposition values are written: decimal with or without exponent, NaN,
 * and the spellings of infinity. Throws `ExpositionError` with Go's text; hexadecimal and `_` are refused.
 */
export function parseValue(bytes: Buffer, start: number, end: number): number {
  const plain = parsePlain(bytes, start, end)
  if (plain >= 0) return plain
  const text = bytes.toString('latin1', start, end)
  if (DECIMAL.test(text)) {
    const value = Number(text)
    if (Number.isFinite(value)) return value
    throw floatError(bytes, start, end, 'value out of range')
  }
  if (/[pP_]/.test(text)) throw new ExpositionError('unsupported character in float')
  if (/^nan$/i.test(text)) return Number.NaN
  if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  throw floatError(bytes, start, end, 'invalid syntax')
}

/** Of a number of up to 15 digits without sign and exponent; -1 if it is none. Both steps to it are exact. */
function parsePlain(bytes: Uint8Array, start: number, end: number): number {
  const size = end - start
  if (size === 0 || size > 16) return -1
  let digits = 0
  let point = -1
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 48
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit
    else if (digit === -2 && point < 0) point = i
    else return -1
  }
  const places = point < 0 ? 0 : end - point - 1
  if (point < 0 ? size > 15 : size === 1) return -1
  return places === 0 ? digits : digits / 10 ** places
}

function floatError(bytes: Buffer, start: number, end: number, why: string): ExpositionError {
  return new ExpositionError(`strconv.ParseFloat: parsing ${quoteBytes(bytes, start, end)}: ${why}`)
}

/**
 * A float as OpenMetrics prints `le` and `quantile`: always with a point or an exponent (`1.0`, `2.5`, `1e+06`).
 */
export function printOpenMetricsFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [digits, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 6) return withExponent(digits, exponent)
  const fixed = String(value)
  return fixed.includes('.') ? fixed : `${fixed}.0`
}

function withExponent(digits: string, exponent: number): string {
  const magnitude = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits}e${exponent < 0 ? '-' : '+'}${magnitude}`
}
