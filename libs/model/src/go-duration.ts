/** Go's own durations, `5m0s`, `1.5s`, `300µs`; nanoseconds in a number (exact up to 104 days). */
import { quoteGo } from './quote.ts'

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
}

/** What the originals' command lines take besides. */
const FLAG_UNITS: Readonly<Record<string, number>> = { ...UNITS, d: 8.64e13, w: 6.048e14 }

const NANOSECONDS_MAX = 2 ** 63

/** As time.Duration.String. */
export function printGoDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s'
  const sign = nanoseconds < 0 ? '-' : ''
  const ns = Math.abs(nanoseconds)
  if (ns < 1e3) return `${sign}${ns}ns`
  if (ns < 1e6) return `${sign}${decimal(ns, 1e3)}µs`
  if (ns < 1e9) return `${sign}${decimal(ns, 1e6)}ms`
  const hours = Math.floor(ns / 3.6e12)
  const minutes = Math.floor(ns / 6e10) % 60
  const seconds = `${decimal(ns % 6e10, 1e9)}s`
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

/** As time.ParseDuration: nanoseconds, or Go's error text. In a flag, days and weeks are units too. */
export function parseGoDuration(
  text: string,
  { isFlag = false }: { readonly isFlag?: boolean } = {},
): { readonly ns: number } | { readonly error: string } {
  const invalid = { error: `time: invalid duration ${quoteGo(text)}` }
  let rest = text
  const isNegative = rest.startsWith('-')
  if (/^[+-]/.test(rest)) rest = rest.slice(1)
  if (rest === '0') return { ns: 0 }
  if (rest === '') return invalid
  let total = 0
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest)!
    const [part, whole = '', fraction = '', unit = ''] = match
    if (whole === '' && fraction === '') return invalid
    if (unit === '') return { error: `time: missing unit in duration ${quoteGo(text)}` }
    const size = (isFlag ? FLAG_UNITS : UNITS)[unit]
    if (size === undefined) {
      return { error: `time: unknown unit ${quoteGo(unit)} in duration ${quoteGo(text)}` }
    }
    total += Number(whole) * size
    if (fraction !== '') total += Math.trunc(Number(`0.${fraction}`) * size)
    if (total > NANOSECONDS_MAX) return invalid
    rest = rest.slice(part.length)
  }
  return { ns: isNegative ? -total : total }
}

/** value / unit with the fraction's trailing zeros cut; integers only inside, so no digit is invented. */
function decimal(value: number, unit: number): string {
  const whole = Math.floor(value / unit)
  const rest = Math.round(value % unit)
  if (rest === 0) return String(whole)
  const places = String(unit).length - 1
  return `${whole}.${String(rest).padStart(places, '0').replace(/0+$/, '')}`
}
