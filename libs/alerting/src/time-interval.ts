/** Named sets of times, as routes mute or activate by them. Ranges are inclusive unless they say otherwise. */

export interface Range {
  readonly begin: number
  readonly end: number
}

/** All fields must match, of each field any range; an empty field matches always. */
export interface TimeSpec {
  /** Minutes since midnight, end exclusive. */
  readonly times: readonly Range[]
  /** 0 is Sunday. */
  readonly weekdays: readonly Range[]
  /** Negative numbers count from the end of the month. */
  readonly daysOfMonth: readonly Range[]
  readonly months: readonly Range[]
  readonly years: readonly Range[]
  /** IANA name; UTC if undefined. */
  readonly location: string | undefined
}

interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly minute: number
}

export class TimeInterval {
  readonly name: string
  readonly specs: readonly TimeSpec[]

  constructor(name: string, specs: readonly TimeSpec[]) {
    this.name = name
    this.specs = specs
  }

  contains(atMs: number): boolean {
    return this.specs.some((spec) => specContains(spec, atMs))
  }
}

export function specContains(spec: TimeSpec, atMs: number): boolean {
  const local = localTime(spec.location ?? 'UTC', atMs)
  const { times, weekdays, months, years, daysOfMonth } = spec
  if (times.length > 0 && !times.some((r) => local.minute >= r.begin && local.minute < r.end)) {
    return false
  }
  if (!isIn(weekdays, local.weekday) || !isIn(months, local.month) || !isIn(years, local.year)) {
    return false
  }
  if (daysOfMonth.length === 0) return true
  const last = new Date(Date.UTC(local.year, local.month, 0)).getUTCDate()
  return daysOfMonth.some((range) => {
    const begin = range.begin < 0 ? last + range.begin + 1 : range.begin
    const end = range.end < 0 ? last + range.end + 1 : range.end
    if (begin > last) return false
    return local.day >= Math.max(begin, 1) && local.day <= Math.min(end, last)
  })
}

function isIn(ranges: readonly Range[], value: number): boolean {
  return ranges.length === 0 || ranges.some(({ begin, end }) => value >= begin && value <= end)
}

const formats = new Map<string, Intl.DateTimeFormat>()
const FORMATS_MAX = 500

/** Throws RangeError for a name that is no time zone. */
export function zoneFormat(location: string): Intl.DateTimeFormat {
  let format = formats.get(location)
  if (!format) {
    const timeZone = location === 'Local' ? undefined : location
    format = new Intl.DateTimeFormat('en-US', {
      ...(timeZone ? { timeZone } : {}),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
    if (formats.size >= FORMATS_MAX) formats.clear()
    formats.set(location, format)
  }
  return format
}

function localTime(location: string, atMs: number): LocalTime {
  const parts: Record<string, number> = {}
  for (const { type, value } of zoneFormat(location).formatToParts(atMs)) {
    parts[type] = Number(value)
  }
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
  return { year, month, day, weekday, minute: hour * 60 + minute }
}
