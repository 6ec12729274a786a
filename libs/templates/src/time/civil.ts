/** Calendar arithmetic for template times: UTC days and fields, proleptic Gregorian as in Go. */

export interface CivilTime {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** From 1. */
  readonly yearDay: number
}

const SECOND_NS = 1_000_000_000n
const DAY_SECONDS = 86_400

/** The fields of a time, `offsetSeconds` east of UTC. */
export function civilTime(unixNs: bigint, offsetSeconds: number): CivilTime {
  let seconds = unixNs / SECOND_NS
  let nanosecond = unixNs % SECOND_NS
  if (nanosecond < 0n) {
    nanosecond += SECOND_NS
    seconds--
  }
  const local = Number(seconds) + offsetSeconds
  const date = new Date(local * 1000)
  const startOfYear = dayNumber(date.getUTCFullYear(), 1, 1)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: Number(nanosecond),
    weekday: date.getUTCDay(),
    yearDay: Math.floor(local / DAY_SECONDS) - startOfYear + 1,
  }
}

/** Unix seconds of a UTC date and time; fields may overflow as in Go's time.Date. */
export function unixSeconds(fields: {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}): number {
  const days = dayNumber(fields.year, fields.month, fields.day)
  return days * DAY_SECONDS + fields.hour * 3600 + fields.minute * 60 + fields.second
}

function dayNumber(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return Math.round(date.getTime() / (DAY_SECONDS * 1000))
}
