/** `/query` and `/query_range`: checks parameters, hands the rest to the query threads. */
import { quoteGo } from '@prom/model'
import { type Queries, QueryError, type QueryOptions } from '@prom/query'
import type { Clock } from '@prom/runtime'
import { ApiError, badParameter } from './api-error.ts'
import type { ApiAnswer, ApiRequest, Endpoint } from './envelope.ts'
import {
  durationParameter,
  limitParameter,
  neededTime,
  readDuration,
  timeParameter,
} from './parameters.ts'

const POINTS_MAX = 11_000

interface QueryDeps {
  readonly queries: Pick<Queries, 'instant' | 'range'>
  readonly clock: Clock
}

export function createQuery({ queries, clock }: QueryDeps): Endpoint {
  return async (request) => {
    const { params } = request
    const limit = limitParameter(params)
    const timeMs = timeParameter(params, 'time', clock.now())
    const options = queryOptions(request, limit)
    const query = params.get('query') ?? ''
    return await answer(params, () => queries.instant(query, timeMs, options))
  }
}

export function createQueryRange({ queries }: QueryDeps): Endpoint {
  return async (request) => {
    const { params } = request
    const limit = limitParameter(params)
    const startMs = neededTime(params, 'start')
    const endMs = neededTime(params, 'end')
    if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time')
    const stepMs = stepParameter(params)
    if ((endMs - startMs) / stepMs > POINTS_MAX) {
      const text =
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)'
      throw new ApiError('bad_data', text)
    }
    const options = queryOptions(request, limit)
    const range = { startMs, endMs, stepMs }
    return await answer(params, () => queries.range(params.get('query') ?? '', range, options))
  }
}

function stepParameter(params: URLSearchParams): number {
  let stepMs: number
  try {
    stepMs = readDuration(params.get('step') ?? '')
  } catch (err) {
    throw badParameter('step', (err as Error).message)
  }
  if (stepMs > 0) return Math.max(1, Math.trunc(stepMs))
  throw badParameter(
    'step',
    'zero or negative query resolution step widths are not accepted. Try a positive integer',
  )
}

function queryOptions(request: ApiRequest, limit: number): QueryOptions {
  const { params, origin } = request
  const timeoutMs = durationParameter(params, 'timeout')
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw badParameter('query', 'context deadline exceeded')
  }
  const lookbackMs = lookbackParameter(params)
  const stats = params.get('stats') ?? ''
  const explain = explainParameter(params)
  return {
    // Asked for only where there is something to stop.
    get signal() {
      return request.signal
    },
    origin,
    limit,
    priority: 'ad-hoc',
    isStreamed: true,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(lookbackMs > 0 && { lookbackMs }),
    ...(explain && { explain }),
    ...(stats !== '' && { stats: stats === 'all' ? 'all' : 'basic' }),
  }
}

/** Beyond the original: `true` adds the plan to the answer, `only` does not evaluate it. */
function explainParameter(params: URLSearchParams): 'true' | 'only' | undefined {
  const text = params.get('explain') ?? ''
  if (text === '' || text === 'false') return undefined
  if (text === 'true' || text === 'only') return text
  throw badParameter('explain', 'must be true, false or only')
}

function lookbackParameter(params: URLSearchParams): number {
  const text = params.get('lookback_delta') ?? ''
  if (text === '') return 0
  try {
    return readDuration(text)
  } catch (err) {
    const message = `error parsing lookback delta duration: ${(err as Error).message}`
    throw new ApiError('bad_data', message)
  }
}

/** From 3.14 on. */
function statsWarning(stats: string): string | undefined {
  if (stats === '' || stats === 'true' || stats === 'all') return undefined
  const rule = 'is deprecated and will be rejected in the next major release, use "true" or "all"'
  return `value ${quoteGo(stats)} for parameter "stats" ${rule}`
}

async function answer(
  params: URLSearchParams,
  ask: () => ReturnType<Queries['instant']>,
): Promise<ApiAnswer> {
  try {
    const { data, rest, warnings, infos, release } = await ask()
    const more = statsWarning(params.get('stats') ?? '')
    const all = more === undefined ? warnings : [...warnings, more]
    return {
      ...{ data: undefined, json: data, pieces: rest, warnings: all, infos },
      ...(release && { release }),
    }
  } catch (err) {
    throw toQueryParameterError(err)
  }
}

/** What the parser refuses is a wrong `query` parameter. */
export function toQueryParameterError(err: unknown): unknown {
  if (!(err instanceof Error) || (err as Partial<QueryError>).errorType !== 'bad_data') return err
  return err.message.startsWith('invalid parameter')
    ? err
    : new QueryError('bad_data', `invalid parameter "query": ${err.message}`)
}
