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
    const { data, warnings, infos, release } = await queries.series(
      { matcherSets, mint, maxt, limit },
      { signal, origin },
    )
    return { data: undefined, json: data, warnings, infos, ...(release && { release }) }
  }
}

export function createLabels(queries: SeriesQueries): Endpoint {
  return async (request) => {
    const { names, warnings } = await queries.labelNames(readSelect(request), {
      signal: request.signal,
      origin: request.origin,
    })
    return { data: names, warnings }
  }
}

export function createLabelValues(queries: SeriesQueries): Endpoint {
  return async (request) => {
    const given = request.path('name')
    const name = given.startsWith('U__') ? unescapeName(given, 'values') : given
    // Bytes that are no UTF-8 have become U+FFFD on their way here.
    if (!isValidLabelName(name) || name.includes('\ufffd')) {
      throw new ApiError('bad_data', `invalid label name: ${quoteGo(name)}`)
    }
    const { values, warnings } = await queries.labelValues(name, readSelect(request), {
      signal: request.signal,
      origin: request.origin,
    })
    return { data: values, warnings }
  }
}

function readSelect({ params }: ApiRequest): SelectRequest {
  const limit = limitParameter(params)
  const { mint, maxt } = readRange(params)
  return { matcherSets: matchParameters(params), mint, maxt, limit }
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
