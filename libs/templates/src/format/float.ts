/** Floats as Go's strconv.FormatFloat writes them, for every verb and precision. */

/** Digits and decimal exponent: 0.d1d2d3... times 10^point. */
interface Decimal {
  readonly digits: string
  readonly point: number
}

/** Precision -1 is the shortest text that reads back as the same number. Verbs: e E f F g G. */
export function formatFloat(value: number, verb: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  switch (verb) {
    case 'e':
    case 'E':
      return (
        sign + exponential(round(magnitude, precision < 0 ? -1 : precision + 1), precision, verb)
      )
    case 'f':
    case 'F':
      return sign + fixed(magnitude, precision)
    default:
      return sign + general(magnitude, precision, verb === 'G' ? 'E' : 'e')
  }
}

function general(magnitude: number, precision: number, mark: string): string {
  const isShortest = precision < 0
  const wanted = precision === 0 ? 1 : precision
  const decimal = round(magnitude, isShortest ? -1 : wanted)
  const digits = decimal.digits.replace(/0+$/, '') || '0'
  const shown = { digits, point: decimal.point }
  let limit = isShortest ? 6 : wanted
  if (limit > digits.length && digits.length >= decimal.point) limit = digits.length
  if (isShortest) limit = 6
  const exponent = decimal.point - 1
  if (exponent < -4 || exponent >= limit) {
    return exponential(shown, isShortest ? -1 : digits.length - 1, mark)
  }
  return plain(shown, Math.max(digits.length - decimal.point, 0))
}

function exponential({ digits, point }: Decimal, precision: number, mark: string): string {
  const isZero = /^0*$/.test(digits)
  const exponent = isZero ? 0 : point - 1
  const shown = precision < 0 ? digits.replace(/0+$/, '') || '0' : digits.padEnd(precision + 1, '0')
  const fraction = shown.slice(1)
  const size = String(Math.abs(exponent)).padStart(2, '0')
  const tail = fraction === '' ? '' : `.${fraction}`
  return `${shown[0]}${tail}${mark}${exponent < 0 ? '-' : '+'}${size}`
}

function fixed(magnitude: number, precision: number): string {
  const decimal = round(magnitude, -1)
  if (precision < 0) return plain(decimal, Math.max(decimal.digits.length - decimal.point, 0))
  const shown = roundAt(magnitude, precision)
  return plain(shown, precision)
}

function plain({ digits, point }: Decimal, fractionLength: number): string {
  const padded = point > 0 ? digits.padEnd(point, '0') : digits
  const whole = point > 0 ? padded.slice(0, point) : '0'
  if (fractionLength === 0) return whole
  const fraction = point > 0 ? padded.slice(point) : '0'.repeat(-point) + padded
  return `${whole}.${fraction.slice(0, fractionLength).padEnd(fractionLength, '0')}`
}

/** `count` significant digits, half to even; -1 for the shortest. */
function round(magnitude: number, count: number): Decimal {
  if (magnitude === 0) return { digits: '0', point: 1 }
  if (count < 0) return fromExponential(magnitude.toExponential())
  const exact = exactDecimal(magnitude)
  return roundDecimal(exact, count)
}

/** Rounded to `places` digits after the decimal point. */
function roundAt(magnitude: number, places: number): Decimal {
  if (magnitude === 0) return { digits: '0', point: 1 }
  const exact = exactDecimal(magnitude)
  const count = exact.point + places
  if (count < 0) return { digits: '0', point: 1 }
  return roundDecimal(exact, count)
}

function roundDecimal({ digits, point }: Decimal, count: number): Decimal {
  if (digits.length <= count) return { digits, point }
  const kept = digits.slice(0, count)
  const rest = digits.slice(count)
  const isTie = /^50*$/.test(rest)
  const isOdd = count > 0 && Number(kept[count - 1]) % 2 === 1
  const isUp = (rest[0] as string) >= '5' && (!isTie || isOdd)
  if (!isUp) return kept === '' ? { digits: '0', point: 1 } : { digits: kept, point }
  if (kept === '') return { digits: '1', point: point + 1 }
  const sum = String(BigInt(kept) + 1n).padStart(count, '0')
  if (sum.length > count) return { digits: sum.slice(0, count), point: point + 1 }
  return { digits: sum, point }
}

/** All digits of the double: at most some 770 of them. */
function exactDecimal(magnitude: number): Decimal {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, magnitude)
  const bits = view.getBigUint64(0)
  const field = Number(bits >> 52n)
  const fraction = bits & ((1n << 52n) - 1n)
  const mantissa = field === 0 ? fraction : fraction | (1n << 52n)
  const exponent = (field === 0 ? 1 : field) - 1075
  if (exponent >= 0) {
    const digits = String(mantissa << BigInt(exponent))
    return { digits, point: digits.length }
  }
  // m / 2^k = m * 5^k / 10^k
  const digits = String(mantissa * 5n ** BigInt(-exponent))
  return { digits, point: digits.length + exponent }
}

function fromExponential(text: string): Decimal {
  const [mantissa, exponent] = text.split('e') as [string, string]
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}
