/** Points in time, milliseconds since 1970, as the APIs and command lines write them. */
import { parseFloatGo } from './float.ts'

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:(Z)|([+-])(\d\d):(\d\d))$/

/** RFC 3339 as Go's time.Parse takes it; undefined if it is not one. Digits below a millisecond are cut. */
export function parseRfc3339(text: string): number | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  const local = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds
  if (match[8] === 'Z') return local
  const zone = Number(match[10]) * 60 + Number(match[11])
  if (Number(match[10]) > 24 || Number(match[11]) > 59) return undefined
  return local - (match[9] === '-' ? -zone : zone) * 60_000
}

/** RFC 3339 in UTC; the fraction's trailing zeros are cut, as RFC3339Nano does. */
export function printRfc3339(ms: number): string {
  const whole = new Date(Math.floor(ms)).toISOString()
  return whole.replace(/\.?0*Z$/, 'Z').replace(/^\+00/, '')
}

/** A time parameter of the HTTP API or a command line: seconds since 1970 (with fraction) or RFC 3339. */
export function parseTime(text: string): number | undefined {
  const seconds = parseFloatGo(text)
  if (seconds !== undefined)
    return Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined
  return parseRfc3339(text)
}

/** Milliseconds as seconds with up to three places, as JSON results print timestamps: `1435781451.781`. */
export function printSeconds(ms: number): string {
  const sign = ms < 0 ? '-' : ''
  const whole = Math.floor(Math.abs(ms) / 1000)
  const rest = Math.abs(ms) % 1000
  if (rest === 0) return `${sign}${whole}`
  return `${sign}${whole}.${String(rest).padStart(3, '0').replace(/0+$/, '')}`
}
