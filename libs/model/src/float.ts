/** Floats as Go's strconv prints and parses them. */

/** Go's verbs; `json` is what encoding/json writes: plain digits, an exponent below 1e-6 and from 1e21. */
export type FloatForm = 'e' | 'E' | 'f' | 'g' | 'G' | 'json'

/**
 * Prints the shortest digits that read back as `value`: `g` is what the text exposition and `%v` show, `json` what
 * the HTTP API puts into sample values, `f` never has an exponent. With `precision` as in `%.4g`.
 */
export function printFloat(value: number, form: FloatForm = 'g', precision = -1): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (precision < 0 && form !== 'e' && form !== 'E') {
    const magnitude = Math.abs(value)
    // Where JavaScript prints plain digits too; `g` turns to an exponent earlier.
    if (value === 0) return Object.is(value, -0) ? '-0' : '0'
    const limit = form === 'g' || form === 'G' ? 1e6 : 1e21
    const floor = form === 'g' || form === 'G' ? 1e-4 : 1e-6
    if (magnitude >= floor && magnitude < limit) return String(value)
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  switch (form) {
    case 'e':
    case 'E':
      return sign + printExponent(decimalOf(magnitude, precision, precision + 1), precision, form)
    case 'f':
      return sign + printPlain(decimalOf(magnitude, precision, undefined), precision)
    case 'json': {
      const digits = decimalOf(magnitude, -1, undefined)
      return sign + printExponent(digits, -1, 'e')
    }
    default:
      return sign + printGeneral(magnitude, precision, form === 'G' ? 'E' : 'e')
  }
}

/**
 * Parses as Go's strconv.ParseFloat(text, 64): decimal and hex forms, `inf`, `infinity`, `nan` in any case,
 * underscores only where a base prefix stands. Too large gives an error in Go and undefined here.
 */
export function parseFloatGo(text: string): number | undefined {
  if (decimalPattern.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  const special = specialPattern.exec(text)
  if (special) {
    if (special[2]!.toLowerCase() === 'nan') return special[1] === '' ? Number.NaN : undefined
    return special[1] === '-' ? -Infinity : Infinity
  }
  return parseHexFloat(text)
}

const decimalPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const specialPattern = /^([+-]?)(inf|infinity|nan)$/i
const hexPattern =
  /^([+-]?)0[xX]_?([0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)?(?:\.([0-9a-fA-F_]*))?[pP]([+-]?\d+)$/

function parseHexFloat(text: string): number | undefined {
  const match = hexPattern.exec(text)
  if (!match || text.length > 400) return undefined
  const whole = (match[2] ?? '').replaceAll('_', '')
  const fraction = (match[3] ?? '').replaceAll('_', '')
  if (whole === '' && fraction === '') return undefined
  let exponent = Number(match[4]) - 4 * fraction.length
  let mantissa = BigInt(`0x${whole}${fraction}`)
  if (mantissa === 0n) return match[1] === '-' ? -0 : 0
  const excess = mantissa.toString(2).length - 64
  if (excess > 0) {
    // The dropped bits only matter for rounding: a sticky bit keeps what they say.
    const dropped = mantissa & ((1n << BigInt(excess)) - 1n)
    mantissa = (mantissa >> BigInt(excess)) | (dropped === 0n ? 0n : 1n)
    exponent += excess
  }
  if (exponent > 2000) return undefined
  const value = scale(mantissa, Math.max(exponent, -2000))
  if (!Number.isFinite(value)) return undefined
  return match[1] === '-' ? -value : value
}

/** mantissa * 2^exponent, rounded once. */
function scale(mantissa: bigint, exponent: number): number {
  if (exponent >= 0) return Number(mantissa << BigInt(exponent))
  const bits = mantissa.toString(2).length
  // Below the smallest normal exponent fewer than 53 bits are kept.
  const lowest = Math.max(exponent + bits - 53, -1074)
  const drop = lowest - exponent
  if (drop <= 0) return Number(mantissa) * 2 ** Math.max(exponent, -1074)
  if (drop > bits + 1) return 0
  const half = 1n << BigInt(drop - 1)
  const rest = mantissa & ((1n << BigInt(drop)) - 1n)
  let kept = mantissa >> BigInt(drop)
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n
  return Number(kept) * 2 ** lowest
}

/** 0.d1d2d3... * 10^point; no trailing zeros, zero has no digits. */
interface Decimal {
  readonly digits: string
  readonly point: number
}

/** Shortest digits for precision -1; else `count` significant digits, or `precision` places after the point. */
function decimalOf(magnitude: number, precision: number, count: number | undefined): Decimal {
  if (magnitude === 0) return { digits: '', point: 0 }
  if (precision < 0) {
    const [digits, exponent] = magnitude.toExponential().split('e') as [string, string]
    return { digits: digits.replace('.', ''), point: Number(exponent) + 1 }
  }
  const exact = exactDecimal(magnitude)
  return roundDecimal(exact, count ?? exact.point + precision)
}

/** Every double has a finite decimal expansion; printing with a precision rounds that, half to even. */
function exactDecimal(magnitude: number): Decimal {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, magnitude)
  const high = view.getUint32(0)
  const biased = high >>> 20
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(view.getUint32(4))
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n)
  const exponent = (biased === 0 ? 1 : biased) - 1075
  const places = Math.max(0, -exponent)
  const whole = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(places)
  const text = whole.toString()
  return { digits: text, point: text.length - places }
}

function roundDecimal({ digits, point }: Decimal, count: number): Decimal {
  if (count < 0) return { digits: '', point: 0 }
  if (count >= digits.length) return { digits: trimZeros(digits), point }
  const rest = digits.slice(count)
  const isHalf = /^50*$/.test(rest)
  const isOdd = count > 0 && Number(digits[count - 1]) % 2 === 1
  const isUp = isHalf ? isOdd : rest[0]! >= '5'
  let kept = digits.slice(0, count)
  if (isUp) {
    const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString().padStart(count, '0')
    const carry = raised.length > count ? 1 : 0
    return { digits: trimZeros(raised), point: point + carry }
  }
  kept = trimZeros(kept)
  return kept === '' ? { digits: '', point: 0 } : { digits: kept, point }
}

const trimZeros = (digits: string) => digits.replace(/0+$/, '')

function printPlain({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  const places = precision < 0 ? Math.max(0, digits.length - point) : precision
  if (places === 0) return whole
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits
  return `${whole}.${fraction.slice(0, places).padEnd(places, '0')}`
}

function printExponent({ digits, point }: Decimal, precision: number, e: 'e' | 'E'): string {
  const exponent = digits === '' ? 0 : point - 1
  const places = precision < 0 ? Math.max(0, digits.length - 1) : precision
  const fraction = places > 0 ? `.${digits.slice(1, places + 1).padEnd(places, '0')}` : ''
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits[0] ?? '0'}${fraction}${e}${exponent < 0 ? '-' : '+'}${size}`
}

function printGeneral(magnitude: number, precision: number, e: 'e' | 'E'): string {
  const wanted = precision === 0 ? 1 : precision
  const decimal = decimalOf(magnitude, wanted, wanted)
  const { digits, point } = decimal
  let turn = wanted
  if (turn > digits.length && digits.length >= point) turn = digits.length
  if (precision < 0) turn = 6
  const exponent = point - 1
  if (exponent < -4 || exponent >= turn) {
    return printExponent(decimal, Math.max(0, digits.length - 1), e)
  }
  return printPlain(decimal, Math.max(0, digits.length - point))
}
