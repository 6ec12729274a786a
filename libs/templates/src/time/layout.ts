/** Go time layouts: texts built around the reference time `Mon Jan 2 15:04:05 MST 2006`. */
import { type CivilTime, unixSeconds } from './civil.ts'

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const

export interface ZonedTime extends CivilTime {
  readonly offsetSeconds: number
  readonly abbreviation: string
}

// Longer elements first: the first alternative that fits wins.
const ELEMENT = new RegExp(
  [
    'January',
    'Jan(?![a-z])',
    'Monday',
    'Mon(?![a-z])',
    'MST',
    '002',
    '01',
    '02',
    '03',
    '04',
    '05',
    '06',
    '2006',
    '__2',
    '_2(?!006)',
    '15',
    'PM',
    'pm',
    '-07:00:00',
    '-070000',
    '-07:00',
    '-0700',
    '-07',
    'Z07:00:00',
    'Z070000',
    'Z07:00',
    'Z0700',
    'Z07',
    '[.,](?:0+|9+)(?![0-9])',
    '[12345]',
  ].join('|'),
  'g',
)

export function formatLayout(layout: string, time: ZonedTime): string {
  return layout.replace(ELEMENT, (element) => formatElement(element, time))
}

function formatElement(element: string, time: ZonedTime): string {
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12
  switch (element) {
    case '2006':
      return time.year < 0 ? `-${pad(-time.year, 4)}` : pad(time.year, 4)
    case '06':
      return pad(((time.year % 100) + 100) % 100, 2)
    case 'January':
      return MONTHS[time.month - 1] as string
    case 'Jan':
      return (MONTHS[time.month - 1] as string).slice(0, 3)
    case '01':
      return pad(time.month, 2)
    case '1':
      return String(time.month)
    case 'Monday':
      return WEEKDAYS[time.weekday] as string
    case 'Mon':
      return (WEEKDAYS[time.weekday] as string).slice(0, 3)
    case '02':
      return pad(time.day, 2)
    case '2':
      return String(time.day)
    case '_2':
      return String(time.day).padStart(2)
    case '002':
      return pad(time.yearDay, 3)
    case '__2':
      return String(time.yearDay).padStart(3)
    case '15':
      return pad(time.hour, 2)
    case '03':
      return pad(hour12, 2)
    case '3':
      return String(hour12)
    case '04':
      return pad(time.minute, 2)
    case '4':
      return String(time.minute)
    case '05':
      return pad(time.second, 2)
    case '5':
      return String(time.second)
    case 'PM':
      return time.hour >= 12 ? 'PM' : 'AM'
    case 'pm':
      return time.hour >= 12 ? 'pm' : 'am'
    case 'MST':
      return time.abbreviation
  }
  if (element[0] === '.' || element[0] === ',') return formatFraction(element, time.nanosecond)
  return formatOffset(element, time.offsetSeconds)
}

function formatFraction(element: string, nanosecond: number): string {
  const digits = pad(nanosecond, 9)
    .slice(0, element.length - 1)
    .padEnd(element.length - 1, '0')
  if (element[1] === '0') return `${element[0]}${digits}`
  const shown = digits.replace(/0+$/, '')
  return shown === '' ? '' : `${element[0]}${shown}`
}

function formatOffset(element: string, offsetSeconds: number): string {
  if (element[0] === 'Z' && offsetSeconds === 0) return 'Z'
  const size = Math.abs(offsetSeconds)
  const hours = pad(Math.floor(size / 3600), 2)
  const minutes = pad(Math.floor(size / 60) % 60, 2)
  const seconds = pad(size % 60, 2)
  const colon = element.includes(':') ? ':' : ''
  const parts = [hours]
  const length = element.replace(/[^0-9]/g, '').length
  if (length >= 4) parts.push(minutes)
  if (length >= 6) parts.push(seconds)
  return (offsetSeconds < 0 ? '-' : '+') + parts.join(colon)
}

export interface ParsedTime {
  readonly unixNs: bigint
  /** Undefined where the text says no zone, or only a name. */
  readonly offsetSeconds: number | undefined
  readonly abbreviation: string | undefined
}

/** Reads a time by layout, as Go's time.Parse; the error has Go's text. */
export function parseLayout(layout: string, text: string): ParsedTime {
  const reader = new LayoutReader(layout, text)
  return reader.read()
}

class LayoutReader {
  readonly #layout: string
  readonly #text: string
  #at = 0
  readonly #fields = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
  #nanosecond = 0
  #isPm: boolean | undefined
  #offsetSeconds: number | undefined
  #abbreviation: string | undefined

  constructor(layout: string, text: string) {
    this.#layout = layout
    this.#text = text
  }

  read(): ParsedTime {
    let last = 0
    for (const match of this.#layout.matchAll(ELEMENT)) {
      this.#literal(this.#layout.slice(last, match.index))
      this.#element(match[0])
      last = match.index + match[0].length
    }
    this.#literal(this.#layout.slice(last))
    if (this.#at < this.#text.length) {
      const extra = JSON.stringify(this.#text.slice(this.#at))
      throw new Error(`parsing time ${JSON.stringify(this.#text)}: extra text: ${extra}`)
    }
    this.#checkRanges()
    const fields = this.#fields
    if (this.#isPm === true && fields.hour < 12) fields.hour += 12
    if (this.#isPm === false && fields.hour === 12) fields.hour = 0
    const seconds = unixSeconds(fields) - (this.#offsetSeconds ?? 0)
    return {
      unixNs: BigInt(seconds) * 1_000_000_000n + BigInt(this.#nanosecond),
      offsetSeconds: this.#offsetSeconds,
      abbreviation: this.#abbreviation,
    }
  }

  #literal(text: string): void {
    if (!this.#text.startsWith(text, this.#at)) this.#fail(text)
    this.#at += text.length
  }

  #element(element: string): void {
    const fields = this.#fields
    switch (element) {
      case '2006':
        fields.year = this.#number(element, /^\d{4}/)
        return
      case '06': {
        const year = this.#number(element, /^\d{2}/)
        fields.year = year >= 69 ? 1900 + year : 2000 + year
        return
      }
      case '01':
      case '1':
        fields.month = this.#number(element, element === '01' ? /^\d{2}/ : /^\d{1,2}/)
        return
      case 'January':
      case 'Jan':
        fields.month = this.#word(element, MONTHS, element === 'Jan') + 1
        return
      case 'Monday':
      case 'Mon':
        this.#word(element, WEEKDAYS, element === 'Mon')
        return
      case '02':
      case '2':
      case '_2':
        fields.day = this.#number(element, element === '02' ? /^\d{2}/ : /^ ?\d{1,2}/)
        return
      case '002':
      case '__2':
        fields.day = this.#number(element, /^[ \d]{2}\d/)
        return
      case '15':
      case '03':
      case '3':
        fields.hour = this.#number(element, element === '3' ? /^\d{1,2}/ : /^\d{2}/)
        return
      case '04':
      case '4':
        fields.minute = this.#number(element, element === '4' ? /^\d{1,2}/ : /^\d{2}/)
        return
      case '05':
      case '5':
        fields.second = this.#number(element, element === '5' ? /^\d{1,2}/ : /^\d{2}/)
        // A fraction may follow even where the layout has none.
        this.#fraction(/^[.,](\d+)/, false, element)
        return
      case 'PM':
      case 'pm':
        this.#isPm = this.#match(element, /^[AP]M|^[ap]m/)[0].toLowerCase() === 'pm'
        return
      case 'MST':
        this.#abbreviation = this.#match(element, /^[A-Z]{3,5}|^[+-]\d{2}(?:\d{2})?/)[0]
        if (this.#abbreviation === 'UTC') this.#offsetSeconds = 0
        return
    }
    if (element[0] === '.' || element[0] === ',') this.#fraction(/^[.,](\d+)/, true, element)
    else this.#offset(element)
  }

  #fraction(pattern: RegExp, isWanted: boolean, element: string): void {
    const match = pattern.exec(this.#text.slice(this.#at))
    if (!match) {
      if (isWanted && element[1] === '0' && this.#nanosecond === 0) this.#fail(element)
      return
    }
    this.#at += match[0].length
    this.#nanosecond = Number((match[1] as string).slice(0, 9).padEnd(9, '0'))
  }

  #offset(element: string): void {
    if (element[0] === 'Z' && this.#text[this.#at] === 'Z') {
      this.#at++
      this.#offsetSeconds = 0
      return
    }
    const colon = element.includes(':') ? ':' : ''
    const length = element.replace(/[^0-9]/g, '').length
    const pattern = new RegExp(
      `^([+-])${Array(length / 2)
        .fill('(\\d{2})')
        .join(colon)}`,
    )
    const match = this.#match(element, pattern)
    const [hours, minutes, seconds] = [match[2], match[3], match[4]].map((part) =>
      Number(part ?? 0),
    )
    const size = (hours as number) * 3600 + (minutes as number) * 60 + (seconds as number)
    this.#offsetSeconds = match[1] === '-' ? -size : size
  }

  #number(element: string, pattern: RegExp): number {
    return Number(this.#match(element, pattern)[0])
  }

  #word(element: string, words: readonly string[], isShort: boolean): number {
    const rest = this.#text.slice(this.#at).toLowerCase()
    for (let i = 0; i < words.length; i++) {
      const word = isShort ? (words[i] as string).slice(0, 3) : (words[i] as string)
      if (rest.startsWith(word.toLowerCase())) {
        this.#at += word.length
        return i
      }
    }
    return this.#fail(element)
  }

  #match(element: string, pattern: RegExp): RegExpExecArray {
    const match = pattern.exec(this.#text.slice(this.#at))
    if (!match) return this.#fail(element)
    this.#at += match[0].length
    return match
  }

  #checkRanges(): void {
    const { year, month, day, hour, minute, second } = this.#fields
    if (month < 1 || month > 12) this.#outOfRange('month')
    const monthDays = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
    const isYearDay = /002|__2/.test(this.#layout)
    if (day < 1 || day > (isYearDay ? 366 : monthDays)) this.#outOfRange('day')
    if (hour > 23) this.#outOfRange('hour')
    if (minute > 59) this.#outOfRange('minute')
    if (second > 59) this.#outOfRange('second')
  }

  #outOfRange(field: string): never {
    throw new Error(`parsing time ${JSON.stringify(this.#text)}: ${field} out of range`)
  }

  #fail(element: string): never {
    const rest = JSON.stringify(this.#text.slice(this.#at))
    const whole = JSON.stringify(this.#text)
    const layout = JSON.stringify(this.#layout)
    throw new Error(
      `parsing time ${whole} as ${layout}: cannot parse ${rest} as ${JSON.stringify(element)}`,
    )
  }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
