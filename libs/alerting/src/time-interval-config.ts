/** The `time_intervals` section: ranges as text, with the original's error texts. */
import { type Encoded, field, list, parsed, type Schema, string, struct } from '@prom/yaml'
import { type Range, type TimeSpec, zoneFormat } from './time-interval.ts'

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

type Parsed = { readonly value: Range } | { readonly error: string }

const printRange = ({ begin, end }: Range, print: (value: number) => string) =>
  begin === end ? print(begin) : `${print(begin)}:${print(end)}`

const NONE: Range = { begin: 0, end: 0 }

const weekday = parsed<Range>({
  typeName: 'timeinterval.WeekdayRange',
  zero: NONE,
  parse: (text): Parsed => {
    const ends = splitRange(text.toLowerCase())
    if ('error' in ends) return ends
    const values: number[] = []
    for (const name of ends.parts) {
      const index = WEEKDAYS.indexOf(name)
      if (index < 0) return { error: `${name} is not a valid weekday` }
      values.push(index)
    }
    const range = rangeOf(values)
    if (range.begin > range.end) return { error: 'start day cannot be before end day' }
    return { value: range }
  },
  print: (range) => printRange(range, (value) => WEEKDAYS[value] as string),
})

const dayOfMonth = parsed<Range>({
  typeName: 'timeinterval.DayOfMonthRange',
  zero: NONE,
  parse: (text): Parsed => {
    const ends = splitRange(text)
    if ('error' in ends) return ends
    const values: number[] = []
    for (const part of ends.parts) {
      if (!/^[+-]?\d+$/.test(part)) return { error: `${part} is not a valid day of the month` }
      const day = Number(part)
      if (day === 0 || day < -31 || day > 31)
        return { error: `${day} is not a valid day of the month: out of range` }
      values.push(day)
    }
    const range = rangeOf(values)
    if (range.begin < 0 && range.end > 0)
      return { error: 'end day must be negative if start day is negative' }
    const fromStart = (day: number) => (day < 0 ? day + 31 + 1 : day)
    if (fromStart(range.begin) > fromStart(range.end))
      return { error: `end day ${range.end} is always before start day ${range.begin}` }
    return { value: range }
  },
  print: (range) => printRange(range, String),
})

const month = parsed<Range>({
  typeName: 'timeinterval.MonthRange',
  zero: NONE,
  parse: (text): Parsed => {
    const ends = splitRange(text.toLowerCase())
    if ('error' in ends) return ends
    const values: number[] = []
    for (const part of ends.parts) {
      const number = /^\d+$/.test(part) ? Number(part) : MONTHS.indexOf(part) + 1
      if (number < 1 || number > 12) return { error: `${part} is not a valid month` }
      values.push(number)
    }
    const range = rangeOf(values)
    if (range.begin > range.end) {
      const [first, last] = [ends.parts[0], ends.parts[1]]
      return { error: `end month ${last} is before start month ${first}` }
    }
    return { value: range }
  },
  print: (range) => printRange(range, String),
})

const year = parsed<Range>({
  typeName: 'timeinterval.YearRange',
  zero: NONE,
  parse: (text): Parsed => {
    const ends = splitRange(text)
    if ('error' in ends) return ends
    const values = ends.parts.map(Number)
    const bad = ends.parts.find((part) => !/^\d+$/.test(part))
    if (bad !== undefined) return { error: `strconv.Atoi: parsing "${bad}": invalid syntax` }
    const range = rangeOf(values)
    if (range.begin > range.end)
      return { error: `end year ${range.end} is before start year ${range.begin}` }
    return { value: range }
  },
  print: (range) => printRange(range, String),
})

const timeOfDay = struct(
  'timeinterval.yamlTimeRange',
  { start: field('start_time', string), end: field('end_time', string) },
  { typeName: 'timeinterval.TimeRange' },
)

const time: Schema<Range> = {
  typeName: 'timeinterval.TimeRange',
  decode: (node, scope) => {
    const { start, end } = timeOfDay.decode(node, scope)
    if (start === '' || end === '')
      return scope.fail(node.line, 'both start and end times must be provided')
    const begin = minutesOf(start)
    const stop = minutesOf(end)
    if (begin === undefined)
      return scope.fail(node.line, `couldn't parse timestamp ${start}, invalid format`)
    if (stop === undefined)
      return scope.fail(node.line, `couldn't parse timestamp ${end}, invalid format`)
    if (begin >= stop)
      return scope.fail(node.line, 'start time cannot be equal or greater than end time')
    return { begin, end: stop }
  },
  encode: ({ begin, end }) => ({ start_time: printMinutes(begin), end_time: printMinutes(end) }),
  zero: () => NONE,
}

const location: Schema<string | undefined> = {
  typeName: 'timeinterval.Location',
  decode: (node, scope) => {
    const name = string.decode(node, scope)
    if (name === '') return undefined
    try {
      zoneFormat(name)
      return name
    } catch {
      return scope.fail(node.line, `unknown time zone ${name}`)
    }
  },
  encode: (value): Encoded | undefined => value,
  zero: () => undefined,
}

const timeSpec: Schema<TimeSpec> = struct(
  'timeinterval.TimeInterval',
  {
    times: field('times', list(time)),
    weekdays: field('weekdays', list(weekday, { isFlow: true })),
    daysOfMonth: field('days_of_month', list(dayOfMonth, { isFlow: true })),
    months: field('months', list(month, { isFlow: true })),
    years: field('years', list(year, { isFlow: true })),
    location: field('location', location),
  },
  { typeName: 'timeinterval.TimeInterval' },
)

export interface TimeIntervalConfig {
  readonly name: string
  readonly timeIntervals: readonly TimeSpec[]
}

function named(typeName: string, missing: string): Schema<TimeIntervalConfig> {
  return struct(
    'config.plain',
    {
      name: field('name', string, { isAlwaysPrinted: true }),
      timeIntervals: field('time_intervals', list(timeSpec), { isAlwaysPrinted: true }),
    },
    { typeName, check: ({ name }) => (name === '' ? missing : undefined) },
  )
}

export const timeIntervalConfig = named('config.TimeInterval', 'missing name in time interval')
export const muteTimeIntervalConfig = named(
  'config.MuteTimeInterval',
  'missing name in mute time interval',
)

function splitRange(text: string): { readonly parts: string[] } | { readonly error: string } {
  const parts = text.split(':')
  if (parts.length > 2) return { error: `couldn't parse range ${text}, invalid format` }
  return { parts }
}

function rangeOf([begin, end]: readonly number[]): Range {
  return { begin: begin as number, end: end ?? (begin as number) }
}

function minutesOf(text: string): number | undefined {
  if (text === '24:00') return 1440
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  return match ? Number(match[1]) * 60 + Number(match[2]) : undefined
}

function printMinutes(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
