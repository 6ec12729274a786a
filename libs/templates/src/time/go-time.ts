/** time.Time and time.Duration as templates see them, with the methods templates use. */
import { printFloat } from '@prom/model'
import { FunctionError } from '../errors.ts'
import { GoInt, GoOpaque, type GoType, INT64, type Value } from '../values.ts'
import { civilTime, unixSeconds } from './civil.ts'
import { formatLayout, MONTHS, WEEKDAYS, type ZonedTime } from './layout.ts'
import { loadZone, UTC_ZONE, type Zone } from './zones.ts'

export interface Moment {
  readonly unixNs: bigint
  readonly zone: Zone
}

/** A time.Time; `asTime` looks inside. */
export type GoTime = GoOpaque

const MS_NS = 1_000_000n
const SECOND_NS = 1_000_000_000n
/** Midnight of January 1 of the year 1, Go's zero time. */
const ZERO_NS = -62_135_596_800n * SECOND_NS

const MONTH: GoType<GoInt> = {
  name: 'time.Month',
  print: ({ value }) => MONTHS[Number(value) - 1] ?? `%!Month(${value})`,
  methods: { String: { params: [], call: (self) => MONTH.print?.(self as GoInt) } },
}

const WEEKDAY: GoType<GoInt> = {
  name: 'time.Weekday',
  print: ({ value }) => WEEKDAYS[Number(value)] ?? `%!Weekday(${value})`,
  methods: { String: { params: [], call: (self) => WEEKDAY.print?.(self as GoInt) } },
}

const LOCATION: GoType<GoOpaque> = {
  name: '*time.Location',
  print: ({ content }) => (content as Zone).name,
  methods: { String: { params: [], call: (self) => LOCATION.print?.(self as GoOpaque) } },
}

function durationMethod(read: (ns: number, exact: bigint) => Value) {
  return {
    params: [],
    call: (self: Value) => {
      const { value } = self as GoInt
      return read(Number(value), value)
    },
  }
}

export const DURATION: GoType<GoInt> = {
  name: 'time.Duration',
  print: ({ value }) => printDuration(value),
  methods: {
    String: durationMethod((_, exact) => printDuration(exact)),
    Hours: durationMethod((ns) => ns / 3.6e12),
    Minutes: durationMethod((ns) => ns / 6e10),
    Seconds: durationMethod((ns) => ns / 1e9),
    Milliseconds: durationMethod((_, exact) => new GoInt(INT64, exact / MS_NS)),
    Microseconds: durationMethod((_, exact) => new GoInt(INT64, exact / 1000n)),
    Nanoseconds: durationMethod((_, exact) => new GoInt(INT64, exact)),
    Abs: durationMethod((_, exact) => duration(exact < 0n ? -exact : exact)),
    Round: {
      params: ['time.Duration'],
      call: (self, unit) => duration(roundNs((self as GoInt).value, (unit as GoInt).value)),
    },
    Truncate: {
      params: ['time.Duration'],
      call: (self, unit) => {
        const step = (unit as GoInt).value
        const { value } = self as GoInt
        return duration(step <= 0n ? value : value - (value % step))
      },
    },
  },
}

export function duration(ns: bigint): GoInt {
  return new GoInt(DURATION, ns)
}

/** 1h2m3.5s, 12.5ms, 0s. */
export function printDuration(ns: bigint): string {
  if (ns === 0n) return '0s'
  const sign = ns < 0n ? '-' : ''
  const size = ns < 0n ? -ns : ns
  if (size < 1000n) return `${sign}${size}ns`
  if (size < MS_NS) return `${sign}${decimal(size, 3)}µs`
  if (size < SECOND_NS) return `${sign}${decimal(size, 6)}ms`
  const minutes = size / (60n * SECOND_NS)
  const seconds = `${decimal(size % (60n * SECOND_NS), 9)}s`
  if (minutes === 0n) return sign + seconds
  const hours = minutes / 60n
  const head = hours === 0n ? `${minutes}m` : `${hours}h${minutes % 60n}m`
  return sign + head + seconds
}

function decimal(value: bigint, places: number): string {
  const digits = String(value).padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`)
}

function roundNs(value: bigint, unit: bigint): bigint {
  if (unit <= 0n) return value
  const size = value < 0n ? -value : value
  const rest = size % unit
  const rounded = rest * 2n < unit ? size - rest : size + unit - rest
  return value < 0n ? -rounded : rounded
}

export function goTime(unixNs: bigint, zone: Zone = UTC_ZONE): GoTime {
  return new GoOpaque(TIME, { unixNs, zone } satisfies Moment)
}

/** A time from Unix milliseconds; undefined gives Go's zero time. */
export function goTimeFromMs(unixMs: number | undefined): GoTime {
  return goTime(unixMs === undefined ? ZERO_NS : BigInt(Math.round(unixMs * 1e3)) * 1000n)
}

export function asTime(value: Value): Moment {
  return (value as GoTime).content as Moment
}

export function zonedTime({ unixNs, zone }: Moment): ZonedTime {
  const { offsetSeconds, abbreviation } = zone.at(Number(unixNs / MS_NS))
  return { ...civilTime(unixNs, offsetSeconds), offsetSeconds, abbreviation }
}

/** As Time.String(): `2006-01-02 15:04:05.999999999 -0700 MST`. */
export function printTime(moment: Moment): string {
  return formatLayout('2006-01-02 15:04:05.999999999 -0700 MST', zonedTime(moment))
}

type TimeMethod = { params: string[]; call: (self: Value, ...args: Value[]) => Value }

function timeMethod(params: string[], call: (self: Moment, ...args: Value[]) => Value): TimeMethod {
  return { params, call: (self, ...args) => call(asTime(self), ...args) }
}

function fieldMethod(read: (time: ZonedTime) => Value): TimeMethod {
  return timeMethod([], (self) => read(zonedTime(self)))
}

const TIME: GoType<GoOpaque> = {
  name: 'time.Time',
  print: (self) => printTime(self.content as Moment),
  methods: {
    String: timeMethod([], printTime),
    Format: timeMethod(['string'], (self, layout) =>
      formatLayout(layout as string, zonedTime(self)),
    ),
    UTC: timeMethod([], (self) => goTime(self.unixNs)),
    Local: timeMethod([], (self) => goTime(self.unixNs, loadZone('Local'))),
    In: timeMethod(['*time.Location'], (self, zone) =>
      goTime(self.unixNs, (zone as GoOpaque).content as Zone),
    ),
    Location: timeMethod([], (self) => new GoOpaque(LOCATION, self.zone)),
    Unix: timeMethod([], (self) => new GoInt(INT64, floorDiv(self.unixNs, SECOND_NS))),
    UnixMilli: timeMethod([], (self) => new GoInt(INT64, floorDiv(self.unixNs, MS_NS))),
    UnixMicro: timeMethod([], (self) => new GoInt(INT64, floorDiv(self.unixNs, 1000n))),
    UnixNano: timeMethod([], (self) => new GoInt(INT64, self.unixNs)),
    IsZero: timeMethod([], (self) => self.unixNs === ZERO_NS),
    Add: timeMethod(['time.Duration'], (self, by) =>
      goTime(self.unixNs + (by as GoInt).value, self.zone),
    ),
    Sub: timeMethod(['time.Time'], (self, other) => duration(self.unixNs - asTime(other).unixNs)),
    AddDate: timeMethod(['int', 'int', 'int'], addDate),
    Truncate: timeMethod(['time.Duration'], (self, unit) => {
      const step = (unit as GoInt).value
      const since = self.unixNs - ZERO_NS
      return goTime(step <= 0n ? self.unixNs : self.unixNs - (since % step), self.zone)
    }),
    Round: timeMethod(['time.Duration'], (self, unit) =>
      goTime(ZERO_NS + roundNs(self.unixNs - ZERO_NS, (unit as GoInt).value), self.zone),
    ),
    Before: timeMethod(['time.Time'], (self, other) => self.unixNs < asTime(other).unixNs),
    After: timeMethod(['time.Time'], (self, other) => self.unixNs > asTime(other).unixNs),
    Equal: timeMethod(['time.Time'], (self, other) => self.unixNs === asTime(other).unixNs),
    Compare: timeMethod(['time.Time'], (self, other) => {
      const otherNs = asTime(other).unixNs
      return self.unixNs < otherNs ? -1n : self.unixNs > otherNs ? 1n : 0n
    }),
    Year: fieldMethod((time) => BigInt(time.year)),
    Month: fieldMethod((time) => new GoInt(MONTH, BigInt(time.month))),
    Day: fieldMethod((time) => BigInt(time.day)),
    Hour: fieldMethod((time) => BigInt(time.hour)),
    Minute: fieldMethod((time) => BigInt(time.minute)),
    Second: fieldMethod((time) => BigInt(time.second)),
    Nanosecond: fieldMethod((time) => BigInt(time.nanosecond)),
    Weekday: fieldMethod((time) => new GoInt(WEEKDAY, BigInt(time.weekday))),
    YearDay: fieldMethod((time) => BigInt(time.yearDay)),
  },
}

function addDate(self: Moment, years: Value, months: Value, days: Value): Value {
  const time = zonedTime(self)
  const seconds = unixSeconds({
    ...time,
    year: time.year + Number(years),
    month: time.month + Number(months),
    day: time.day + Number(days),
  })
  const unixNs = BigInt(seconds - time.offsetSeconds) * SECOND_NS + BigInt(time.nanosecond)
  return goTime(unixNs, self.zone)
}

function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

/** A time from seconds as a float, cut to milliseconds; FunctionError where nanoseconds overflow. */
export function timeFromSeconds(seconds: number): GoTime {
  const ns = seconds * 1e9
  if (ns >= 2 ** 63 || ns < -(2 ** 63)) {
    const shown = printFloat(seconds)
    throw new FunctionError(
      `${shown} cannot be represented as a nanoseconds timestamp since it overflows int64`,
    )
  }
  return goTime((BigInt(Math.trunc(ns)) / MS_NS) * MS_NS)
}
