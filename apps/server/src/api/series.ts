/** `/series`, `/labels`, `/label/<name>/values`. */
import { isValidLabelName, quoteGo, unescapeName } from '@prom/model'
import type { Queries, SelectRequest } from '@prom/query'
import { ApiError, badParameter } from './api-error.ts'
import type { ApiRequest, Endpoint } from './envelope.ts'
import {
  limitParameter,
  MAX_TIME_MS,
  MIN_TIME_MS,
  matchParameters,
  timeParameter,
} from './parameters.ts'

type SeriesQueries = Pick<Queries, 'series' | 'labelNames' | 'labelValues'>

export function createSeries(queries: SeriesQueries): Endpoint {
  return async (request) => {
    const { params } = request
    if (!params.has('match[]')) throw new ApiError('bad_data', 'no match[] parameter provided')
    const limit = limitParameter(params)
    const { mint, maxt } = readRange(params)
    const matcherSets = matchOrPrefix(params)
    const { signal, origin } = request
    const { data, rest, warnings, infos, release } = await queries.series(
      { matcherSets, mint, maxt, limit },
      { signal, origin, isStreamed: true },
    )
    return {
      ...{ data: undefined, json: data, pieces: rest, warnings, infos },
      ...(release && { release }),
    }
  }
}

export function createLabels(queries: SeriesQueries): Endpoint {
  return async (request) => {
    const { names, json, warnings } = await queries.labelNames(readSelect(request), {
      signal: request.signal,
      origin: request.origin,
    })
    return { data: names, warnings, ...(json && { json }) }
  }
}

export function createLabelValues(queries: SeriesQueries): Endpoint {
  return async (request) => {
    const given = request.path('name')
    const name = given.startsWith('U__') ? unescapeName(given, 'values') : given
    // Bytes that are no UTF-8 have become U+FFFD on their way here.
    if (!isValidLabelName(name) || name.includes('\ufffd')) {
      const shown = name.includes('\ufffd') ? quoteRaw(request) : quoteGo(name)
      throw new ApiError('bad_data', `invalid label name: ${shown}`)
    }
    const { values, json, warnings } = await queries.labelValues(name, readSelect(request), {
      signal: request.signal,
      origin: request.origin,
    })
    return { data: values, warnings, ...(json && { json }) }
  }
}

/** The label name of the path as it was sent: bytes that are no UTF-8 print as `\xff`. */
function quoteRaw({ origin }: ApiRequest): string {
  const segment = /\/label\/([^/]*)\/values$/.exec(origin.httpRequest?.path ?? '')?.[1] ?? ''
  const bytes = Buffer.from(
    segment.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  let shown = ''
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceLength(bytes, at)
    if (size === 0) shown += `\\x${bytes.toString('hex', at, at + 1)}`
    else shown += quoteGo(bytes.toString('utf8', at, at + size)).slice(1, -1)
    at += Math.max(1, size)
  }
  return `"${shown}"`
}

/** How many bytes the character at `at` has, 0 if it is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  for (let size = 1; size <= 4 && at + size <= bytes.length; size++) {
    try {
      utf8.decode(bytes.subarray(at, at + size))
      return size
    } catch {
      // Not a whole character yet, or none at all.
    }
  }
  return 0
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readSelect({ params }: ApiRequest): SelectRequest {
  const limit = limitParameter(params)
  const { mint, maxt } = readRange(params)
  return { matcherSets: matchParameters(params), mint, maxt, limit, isJson: true }
}

function readRange(params: URLSearchParams): { mint: number; maxt: number } {
  return {
    mint: timeParameter(params, 'start', MIN_TIME_MS),
    maxt: timeParameter(params, 'end', MAX_TIME_MS),
  }
}

/** Compat: only `/series` names the parameter in its errors. */
function matchOrPrefix(params: URLSearchParams): string[] {
  try {
    return matchParameters(params)
  } catch (err) {
    throw badParameter('match[]', (err as Error).message)
  }
}
