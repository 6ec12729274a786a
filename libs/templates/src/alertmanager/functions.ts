/** The function table of Alertmanager's notification templates. */
import { FunctionError } from '../errors.ts'
import { toFloat } from '../functions/convert.ts'
import { define, defineVariadic, type FunctionTable } from '../functions/define.ts'
import { humanizeDuration } from '../functions/humanize.ts'
import { textFunctions } from '../functions/text.ts'
import { asTime, duration, type GoTime, goTime, goTimeFromMs, zonedTime } from '../time/go-time.ts'
import { formatLayout, parseLayout } from '../time/layout.ts'
import { fixedZone, loadZone, UTC_ZONE } from '../time/zones.ts'
import {
  ANY_LIST,
  ANY_MAP,
  asList,
  GoList,
  GoMap,
  GoText,
  type GoType,
  strings,
  type Value,
} from '../values.ts'
import { toJson } from './to-json.ts'

const URL_TEXT: GoType<GoText> = { name: 'template.URL' }

export interface AlertmanagerScope {
  /** Wall-clock time, milliseconds. */
  readonly now: () => number
}

/** Functions of notification templates, text and HTML alike. */
export function alertmanagerFunctions(scope: AlertmanagerScope): FunctionTable {
  return {
    ...textFunctions,
    ...timeFunctions(scope),
    ...listFunctions,
    title: define(['string'], titleCase),
    trimSpace: define(['string'], (text) => text.replace(/^[\s\x85]+|[\s\x85]+$/g, '')),
    join: define(['string', '[]string'], (separator, list) =>
      (asList(list)?.items ?? []).join(separator),
    ),
    safeUrl: define(['string'], (text) => new GoText(URL_TEXT, text)),
    urlUnescape: define(['string'], unescapeQuery),
    humanizeDuration: define(['any'], (value) => humanizeDuration(toFloat(value))),
    toJson: define(['any'], toJson),
    base64encode: define(['string'], (text) => toUrlBase64(text)),
    base64decode: define(['string'], fromUrlBase64),
  }
}

function timeFunctions({ now }: AlertmanagerScope): FunctionTable {
  return {
    now: define([], () => goTimeFromMs(now())),
    since: define(['time.Time'], (time) =>
      duration(asTime(goTimeFromMs(now())).unixNs - asTime(time).unixNs),
    ),
    date: define(['string', 'time.Time'], (layout, time) =>
      formatLayout(layout, zonedTime(asTime(time))),
    ),
    tz: define(['string', 'time.Time'], (name, time) => {
      const zone = loadZone(name)
      if (!zone) throw new FunctionError(`unknown time zone ${name}`)
      return goTime(asTime(time).unixNs, zone)
    }),
    toDate: define(['string', 'string'], (layout, text) => {
      try {
        return parseTime(layout, text)
      } catch {
        return goTimeFromMs(undefined)
      }
    }),
    mustToDate: define(['string', 'string'], (layout, text) => {
      try {
        return parseTime(layout, text)
      } catch (err) {
        throw new FunctionError((err as Error).message)
      }
    }),
  }
}

function parseTime(layout: string, text: string): GoTime {
  const { unixNs, offsetSeconds, abbreviation } = parseLayout(layout, text)
  const isUtc = offsetSeconds === undefined || offsetSeconds === 0
  const zone = isUtc ? UTC_ZONE : fixedZone(abbreviation ?? '', offsetSeconds)
  return goTime(unixNs, zone)
}

const listFunctions: FunctionTable = {
  stringSlice: defineVariadic([], 'string', (...items) => strings(items)),
  list: defineVariadic([], 'any', (...items) => new GoList(ANY_LIST, items)),
  append: defineVariadic(['[]interface {}'], 'any', (list, ...items) => {
    return new GoList(ANY_LIST, [...(asList(list)?.items ?? []), ...items])
  }),
  dict: defineVariadic([], 'any', (...args) => {
    if (args.length % 2 !== 0) {
      throw new FunctionError('dict requires an even number of arguments')
    }
    const entries = new Map<string, Value>()
    for (let i = 0; i < args.length; i += 2) {
      const key = args[i]
      if (typeof key !== 'string') throw new FunctionError('dict keys must be strings')
      entries.set(key, args[i + 1])
    }
    return new GoMap(ANY_MAP, entries)
  }),
}

/** The first letter of each word large, all others small. */
export function titleCase(text: string): string {
  return text.replace(/[\p{L}\p{N}\p{M}_]+(?:['’.:·][\p{L}\p{N}\p{M}_]+)*/gu, (word) => {
    let isDone = false
    let out = ''
    for (const char of word) {
      if (!isDone && /\p{L}/u.test(char)) {
        isDone = true
        const [first = '', ...rest] = [...char.toUpperCase()]
        out += first + rest.join('').toLowerCase()
      } else out += char.toLowerCase()
    }
    return out
  })
}

function unescapeQuery(text: string): string {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text)
  if (wrong) throw new FunctionError(`invalid URL escape ${JSON.stringify(wrong[0])}`)
  const bytes: number[] = []
  const plain = new TextEncoder().encode(text.replaceAll('+', ' '))
  for (let i = 0; i < plain.length; i++) {
    if (plain[i] !== 0x25) bytes.push(plain[i] as number)
    else {
      bytes.push(
        Number.parseInt(String.fromCharCode(plain[i + 1] as number, plain[i + 2] as number), 16),
      )
      i += 2
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

function toUrlBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

function fromUrlBase64(text: string): string {
  const match = /^[A-Za-z0-9_-]*={0,2}$/.exec(text)
  if (!match || text.length % 4 !== 0) {
    const at = /[^A-Za-z0-9_-]/.exec(text)?.index ?? text.length
    throw new FunctionError(`illegal base64 data at input byte ${at}`)
  }
  return Buffer.from(text, 'base64url').toString('utf8')
}
