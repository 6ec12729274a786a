/** Decoding of posted JSON with the refusals of the original's schema validation. */
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
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') {
    throw misfit(body, value, 'Go value of type string')
  }
  const ms = parseDateTime(value)
  if (ms === undefined) {
    throw ApiError.coded(
      400,
      `parsing ${body} body from "" failed, because parsing time ${JSON.stringify(value)} as "2006-01-02": cannot parse ${JSON.stringify(value)} as "2006"`,
    )
  }
  return ms
}

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

/** Names to texts; anything else is refused. */
export function labelMap(
  value: unknown,
  { body, field }: { readonly body: string; readonly field: string },
): Map<string, string> | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw misfit(body, value, `Go struct field ${field} of type models.LabelSet`)
  }
  const map = new Map<string, string>()
  for (const [name, item] of Object.entries(value)) {
    if (item === null) map.set(name, '')
    else if (typeof item === 'string') map.set(name, item)
    else throw misfit(body, item, `Go struct field ${field}.${name} of type string`)
  }
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Milliseconds as the API prints times. */
export function printApiTime(ms: number): string {
  return ms === ZERO_TIME_MS ? '0001-01-01T00:00:00.000Z' : new Date(ms).toISOString()
}

const TRUE = new Set(['true', '1', 'yes', 'ok', 'y', 'on', 'selected', 'checked', 't', 'enabled'])

export function flagOf(query: URLSearchParams, name: string, fallback: boolean): boolean {
  const value = query.get(name)
  if (value === null || value === '') return fallback
  return TRUE.has(value.toLowerCase())
}
