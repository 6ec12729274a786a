/** UTC calendar of a Unix time, for all times Go's time.Time has. */
export interface CivilTime {
  readonly minute: number
  readonly hour: number
  /** 0 is Sunday. */
  readonly dayOfWeek: number
  readonly day: number
  readonly dayOfYear: number
  readonly daysInMonth: number
  readonly month: number
  readonly year: number
}

const INT64 = 2 ** 63
const DAY_SECONDS = 86_400
/** 400 years. */
const ERA_DAYS = 146_097

/** Compat: what does not fit 64 bits, and NaN, are the smallest time there is. */
const SMALLEST: CivilTime = {
  minute: 30,
  hour: 15,
  dayOfWeek: 0,
  day: 4,
  dayOfYear: 339,
  daysInMonth: 31,
  month: 12,
  year: 292277026596,
}

/** The calendar at `seconds`, cut to whole seconds towards zero. */
export function civilTime(seconds: number): CivilTime {
  if (!(Math.abs(seconds) < INT64)) return SMALLEST
  const whole = Math.trunc(seconds)
  const rest = Number(((BigInt(whole) % 86_400n) + 86_400n) % 86_400n)
  const days = Number((BigInt(whole) - BigInt(rest)) / BigInt(DAY_SECONDS))
  const era = Math.floor(days / ERA_DAYS)
  // Inside one era the built-in calendar does it.
  const date = new Date((days - era * ERA_DAYS) * DAY_SECONDS * 1000)
  const inEra = date.getUTCFullYear()
  const month = date.getUTCMonth()
  const first = Date.UTC(inEra, 0, 1)
  return {
    minute: Math.floor(rest / 60) % 60,
    hour: Math.floor(rest / 3600),
    dayOfWeek: (((days + 4) % 7) + 7) % 7,
    day: date.getUTCDate(),
    dayOfYear: Math.floor((date.getTime() - first) / (DAY_SECONDS * 1000)) + 1,
    daysInMonth: new Date(Date.UTC(inEra, month + 1, 0)).getUTCDate(),
    month: month + 1,
    year: inEra + era * 400,
  }
}
