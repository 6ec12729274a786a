/** Request parameters, read and refused as the original does. */
import { parseDuration, parseFloatGo, parseTime, quoteGo } from '@prom/model'
import { ParseError, parseSelector } from '@prom/promql-syntax'
import { ApiError, badParameter } from './api-error.ts'

/** As the API prints its least and greatest time; both are also read back. */
const MIN_TIME_TEXT = '-292273086-05-16T16:47:06Z'
const MAX_TIME_TEXT = '292277025-08-18T07:12:54.999999999Z'
export const MIN_TIME_MS = -9_223_309_901_257_974
export const MAX_TIME_MS = 9_223_309_901_257_974
/** Compat: what `NaN` and the infinities come to, the least number of nanoseconds. */
const NO_TIME_MS = -9_223_372_036_854

/** Milliseconds. Throws ApiError without saying which parameter it is. */
export function readTime(text: string): number {
  if (text === MIN_TIME_TEXT) return MIN_TIME_MS
  if (text === MAX_TIME_TEXT) return MAX_TIME_MS
  const seconds = parseFloatGo(text)
  if (seconds !== undefined && !Number.isFinite(seconds)) return NO_TIME_MS
  const time = parseTime(text)
  if (time === undefined) {
    throw new ApiError('bad_data', `cannot parse ${quoteGo(text)} to a valid timestamp`)
  }
  return time
}

/** A time that may be left out. */
export function timeParameter(params: URLSearchParams, name: string, byDefault: number): number {
  const text = params.get(name) ?? ''
  if (text === '') return byDefault
  try {
    return readTime(text)
  } catch (err) {
    throw badParameter(name, `invalid time value for '${name}': ${(err as Error).message}`)
  }
}

/** A time that must be there. */
export function neededTime(params: URLSearchParams, name: string): number {
  try {
    return readTime(params.get(name) ?? '')
  } catch (err) {
    throw badParameter(name, (err as Error).message)
  }
}

const DURATION_MAX_MS = 2 ** 63 / 1e6

/** Milliseconds, from float seconds or `5m`. Throws ApiError without saying which parameter it is. */
export function readDuration(text: string): number {
  const seconds = parseFloatGo(text)
  if (seconds !== undefined) {
    const ms = seconds * 1000
    if (Math.abs(ms) > DURATION_MAX_MS) {
      const reason = `cannot parse ${quoteGo(text)} to a valid duration. It overflows int64`
      throw new ApiError('bad_data', reason)
    }
    return ms
  }
  const parsed = parseDuration(text)
  if ('ms' in parsed) return parsed.ms
  throw new ApiError('bad_data', `cannot parse ${quoteGo(text)} to a valid duration`)
}

export function durationParameter(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name) ?? ''
  if (text === '') return undefined
  try {
    return readDuration(text)
  } catch (err) {
    throw badParameter(name, (err as Error).message)
  }
}

/** 0: none. */
export function limitParameter(params: URLSearchParams): number {
  const text = params.get('limit') ?? ''
  if (text === '') return 0
  const limit = readInteger(text)
  if (limit === undefined) {
    throw badParameter('limit', `strconv.Atoi: parsing ${quoteGo(text)}: invalid syntax`)
  }
  if (limit < 0) throw badParameter('limit', 'limit must be non-negative')
  return limit
}

/** A whole number as Go's Atoi reads it. */
export function readInteger(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
}

/** A truth value as Go's ParseBool reads it. */
export function readBoolean(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined
}

/** Every `match[]`, checked: a selector that has at least one matcher that does not match empty values. */
export function matchParameters(params: URLSearchParams): string[] {
  const texts = params.getAll('match[]')
  for (const text of texts) checkSelector(text)
  return texts
}

function checkSelector(text: string): void {
  try {
    parseSelector(text)
  } catch (err) {
    if (!(err instanceof ParseError)) throw err
    // Compat: here the original has words of its own for what its parser lets through.
    const isEmpty = err.reason === 'vector selector must contain at least one non-empty matcher'
    const message = isEmpty ? 'match[] must contain at least one non-empty matcher' : err.message
    throw new ApiError('bad_data', message)
  }
}
