// tidy: table
import { type FloatHistogram, histogramVariance } from '@prom/histogram'
import { type CivilTime, civilTime } from './civil-time.ts'

/** A function of one float and scalar parameters. */
export type FloatFunction = (value: number, a: number, b: number) => number

const DEGREES = 180 / Math.PI

/** Go's math.Mod equals `%`; the rest are IEEE functions. */
const ROUND: FloatFunction = (value, to) => {
  const inverse = 1 / to
  return Math.floor(value * inverse + 0.5) / inverse
}

const fromDate =
  (read: (date: CivilTime) => number): FloatFunction =>
  (value) =>
    read(civilTime(value))

/** Functions of each float by itself; histograms are passed over. Parameters missing in a call are NaN. */
export const FLOAT_FUNCTIONS: ReadonlyMap<string, FloatFunction> = new Map<string, FloatFunction>([
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
  ['exp', Math.exp],
  ['ln', Math.log],
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['sqrt', Math.sqrt],
  ['sgn', (value) => (value > 0 ? 1 : value < 0 ? -1 : value)],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
  ['asin', Math.asin],
  ['acos', Math.acos],
  ['atan', Math.atan],
  ['sinh', Math.sinh],
  ['cosh', Math.cosh],
  ['tanh', Math.tanh],
  ['asinh', Math.asinh],
  ['acosh', Math.acosh],
  ['atanh', Math.atanh],
  ['deg', (value) => value * DEGREES],
  ['rad', (value) => (value * Math.PI) / 180],
  ['clamp', (value, min, max) => goMax(min, goMin(max, value))],
  ['clamp_min', (value, min) => goMax(min, value)],
  ['clamp_max', (value, max) => goMin(max, value)],
  ['round', (value, to) => ROUND(value, to === undefined ? 1 : to, 0)],
  ['minute', fromDate(({ minute }) => minute)],
  ['hour', fromDate(({ hour }) => hour)],
  ['day_of_week', fromDate(({ dayOfWeek }) => dayOfWeek)],
  ['day_of_month', fromDate(({ day }) => day)],
  ['day_of_year', fromDate(({ dayOfYear }) => dayOfYear)],
  ['days_in_month', fromDate(({ daysInMonth }) => daysInMonth)],
  ['month', fromDate(({ month }) => month)],
  ['year', fromDate(({ year }) => year)],
])

/** Functions of each native histogram by itself; floats are passed over. */
export const HISTOGRAM_FUNCTIONS: ReadonlyMap<string, (histogram: FloatHistogram) => number> =
  new Map<string, (histogram: FloatHistogram) => number>([
    ['histogram_count', ({ count }) => count],
    ['histogram_sum', ({ sum }) => sum],
    ['histogram_avg', ({ sum, count }) => sum / count],
    ['histogram_stdvar', histogramVariance],
    ['histogram_stddev', (histogram) => Math.sqrt(histogramVariance(histogram))],
  ])

/** Date functions, which without an argument look at the evaluation time. */
export const DATE_FUNCTIONS: ReadonlySet<string> = new Set([
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
])

/** Compat: in Go an infinity wins even against NaN. */
function goMax(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b)
}

function goMin(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b)
}
