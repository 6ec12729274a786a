/** Decoding of posted JSON with the refusals of the original's schema validation. */
import { compareBytes } from '@prom/labels'
import { parseRfc3339 } from '@prom/model'
import { ZERO_TIME_MS } from '@prom/receivers'
import { ApiError } from './api.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** A body that is JSON, but of the wrong shape. `where` reads as Go's: `Go struct field Alert.labels.a of type string`. */
export function misfit(body: string, value: unknown, where: string): ApiError {
  return ApiError.coded(
    400,
    `parsing ${body} body from "" failed, because json: cannot unmarshal ${kindOf(value)} into ${where}`,
  )
}

export function required(place: string): ApiError {
  return ApiError.coded(422, `${place} in body is required`, 602)
}

/** As Go reads an object into fields: the case of a name does not matter, and the last one that fits wins. */
export function fieldsOf(source: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const keys = Object.keys(source)
  if (keys.every((key) => names.get(key.toLowerCase()) === key)) return source
  const found: Record<string, unknown> = {}
  for (const key of keys) {
    const name = names.get(key.toLowerCase())
    if (name !== undefined) found[name] = source[key]
  }
  return found
}

export function fieldNames(...names: string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name.toLowerCase(), name]))
}

export function optionalString(
  source: JsonObject,
  key: string,
  { body, type }: { readonly body: string; readonly type: string },
): string | undefined {
  const value = source[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') {
    throw misfit(body, value, `Go struct field ${type}.${key} of type string`)
  }
  return value
}

/** The zero time when absent. */
export function optionalTime(source: JsonObject, key: string, body: string): number | undefined {
  const value = source[key]
  if (value === undefined || value === null) return undefined
  // Compat: an empty text is the epoch.
  if (value === '') return 0
  if (typeof value !== 'string') {
    throw misfit(body, value, 'Go value of type string')
  }
  const ms = knownTimes.get(value) ?? parseDateTime(value)
  if (ms === undefined) {
    throw ApiError.coded(
      400,
      `parsing ${body} body from "" failed, because parsing time ${JSON.stringify(value)} as "2006-01-02": cannot parse ${JSON.stringify(value)} as "2006"`,
    )
  }
  if (knownTimes.size >= TIMES_MAX) knownTimes.clear()
  knownTimes.set(value, ms)
  return ms
}

/** Alerts come in batches that share their times: read, and printed, once. */
const knownTimes = new Map<string, number>()
const printedTimes = new Map<number, string>()
const TIMES_MAX = 1000

/** The forms of a time that the original takes; those without a zone are UTC. */
export function parseDateTime(text: string): number | undefined {
  const full = parseRfc3339(text)
  if (full !== undefined) return full
  const loose = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(
    text,
  )
  if (!loose) return undefined
  const [, day, time = '00:00', seconds = ':00', zone = 'Z'] = loose
  const colon = zone === 'Z' ? zone : zone.replace(/^(...)(\d\d)$/, '$1:$2')
  return parseRfc3339(`${day}T${time}${seconds}${colon}`)
}

interface PairsPlace {
  readonly body: string
  readonly field: string
}

/** Names to texts; anything else is refused. */
export function labelMap(
  value: unknown,
  place: PairsPlace,
): ReadonlyMap<string, string> | undefined {
  const pairs = labelPairs(value, place)
  if (pairs === undefined) return undefined
  const map = new Map<string, string>()
  for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i] as string, pairs[i + 1] as string)
  return map
}

/** As `labelMap`, as names and values by turns, sorted by name. */
export function labelPairs(value: unknown, place: PairsPlace): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw misfit(place.body, value, `Go struct field ${place.field} of type models.LabelSet`)
  }
  const source = value as JsonObject
  const names = Object.keys(source)
  for (let i = 1; i < names.length; i++) {
    if (compareBytes(names[i - 1] as string, names[i] as string) > 0) {
      names.sort(compareBytes)
      break
    }
  }
  const pairs: string[] = []
  for (const name of names) {
    const item = source[name]
    if (typeof item === 'string') pairs.push(name, item)
    else if (item === null) pairs.push(name, '')
    else throw misfit(place.body, item, `Go struct field ${place.field}.${name} of type string`)
  }
  return pairs
}

/** Milliseconds as the API prints times. */
export function printApiTime(ms: number): string {
  let text = printedTimes.get(ms)
  if (text === undefined) {
    text = ms === ZERO_TIME_MS ? '0001-01-01T00:00:00.000Z' : new Date(ms).toISOString()
    if (printedTimes.size >= TIMES_MAX) printedTimes.clear()
    printedTimes.set(ms, text)
  }
  return text
}

const TRUE = new Set(['true', '1', 'yes', 'ok', 'y', 'on', 'selected', 'checked', 't', 'enabled'])

export function flagOf(query: URLSearchParams, name: string, fallback: boolean): boolean {
  const value = query.get(name)
  if (value === null || value === '') return fallback
  return TRUE.has(value.toLowerCase())
}
