/**
 * Queries of the API, of pages and of rules, asked of another engine's query API; what it has no word for
 * (federation, remote read, statistics) is still answered from here.
 */
import { posix } from 'node:path'
import { createHttpClient, type HttpClient, httpClientConfig } from '@prom/http'
import {
  type AskOptions,
  type Queries,
  type QueryAnswer,
  QueryError,
  type QueryOptions,
  type SelectRequest,
  type VectorAnswer,
} from '@prom/query'
import type { Host } from '@prom/runtime'
import { loadYaml } from '@prom/yaml'
import type { ServerFlags } from './flags.ts'
import type { RunningQueries } from './threads.ts'

const ANSWER_BYTES_MAX = 512 << 20
/** Added to a query's own time limit: the engine is to say itself that it was too slow. */
const GRACE_MS = 5_000
/** The year 10000; what lies beyond was not asked for. */
const TIME_MAX_MS = 253_402_300_800_000

export interface ForwardDeps {
  /** Without `/api/v1` and without a slash at its end. */
  readonly url: string
  readonly client: HttpClient
  readonly timeoutMs: number
}

/** What `--query.forward-url` and its configuration file ask for. Rejects with an Error that says what is wrong. */
export async function openForward(
  flags: Pick<ServerFlags, 'queryForwardUrl' | 'queryForwardHttpConfigFile' | 'queryTimeout'>,
  { clock, env, files, cwd }: Host,
  version: string,
): Promise<ForwardDeps | undefined> {
  const { queryForwardUrl: url, queryForwardHttpConfigFile: file } = flags
  if (url === '') {
    if (file === '') return undefined
    throw new Error('--query.forward-http-config-file needs --query.forward-url')
  }
  if (!/^https?:\/\/[^/]+/i.test(url) || !URL.canParse(url)) {
    throw new Error(`--query.forward-url is no HTTP URL: ${url}`)
  }
  const path = posix.resolve(cwd, file)
  const loaded =
    file === ''
      ? { value: httpClientConfig.create() }
      : loadYaml(await files.readText(path), httpClientConfig, path, {
          directory: posix.dirname(path),
          empty: httpClientConfig.create,
        })
  if (!('value' in loaded)) throw new Error(`parsing YAML file ${file}: ${loaded.message}`)
  const userAgent = `Prometheus/${version}`
  const client = createHttpClient(loaded.value, { clock, env, userAgent })
  return { url: url.replace(/\/$/, ''), client, timeoutMs: flags.queryTimeout }
}

interface Answer {
  readonly data: unknown
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
}

const ERROR_TYPES = new Set([
  ...['bad_data', 'execution', 'canceled', 'timeout', 'internal', 'unavailable', 'not_found'],
])

/** `local` goes on as it is, with the questions about series and queries put to the other engine. */
export function forwardQueries(local: RunningQueries, deps: ForwardDeps): RunningQueries {
  const forwarded = new ForwardedQueries(deps)
  return {
    instant: (...args) => forwarded.instant(...args),
    range: (...args) => forwarded.range(...args),
    vector: (...args) => forwarded.vector(...args),
    series: (...args) => forwarded.series(...args),
    labelNames: (...args) => forwarded.labelNames(...args),
    labelValues: (...args) => forwarded.labelValues(...args),
    latest: (...args) => local.latest(...args),
    remoteRead: (...args) => local.remoteRead(...args),
    statistics: (...args) => local.statistics(...args),
    running: () => local.running(),
    cancel: (id) => local.cancel(id),
    configure: (change) => local.configure(change),
    run: async (signal, ready) => {
      await local.run(signal, ready)
      await deps.client.close()
    },
  }
}

type Forwarded = Pick<
  Queries,
  'instant' | 'range' | 'vector' | 'series' | 'labelNames' | 'labelValues'
>

class ForwardedQueries implements Forwarded {
  readonly #deps: ForwardDeps

  constructor(deps: ForwardDeps) {
    this.#deps = deps
  }

  async instant(query: string, timeMs: number, options: QueryOptions = {}): Promise<QueryAnswer> {
    const params = { query, time: seconds(timeMs), ...paramsOf(options) }
    return toQueryAnswer(await this.#ask('/query', params, options))
  }

  async range(
    query: string,
    { startMs, endMs, stepMs }: Parameters<Queries['range']>[1],
    options: QueryOptions = {},
  ): Promise<QueryAnswer> {
    const times = { start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs) }
    return toQueryAnswer(
      await this.#ask('/query_range', { query, ...times, ...paramsOf(options) }, options),
    )
  }

  async vector(query: string, timeMs: number, options: QueryOptions = {}): Promise<VectorAnswer> {
    const params = { query, time: seconds(timeMs), ...paramsOf(options) }
    const { data, warnings, infos } = await this.#ask('/query', params, options)
    const { resultType, result } = (data ?? {}) as { resultType?: unknown; result?: unknown }
    const notes = { warnings, infos, histograms: undefined }
    if (resultType === 'scalar') {
      return { labels: [[]], values: Float64Array.of(sampleOf(result)), isScalar: true, ...notes }
    }
    if (resultType !== 'vector' || !Array.isArray(result)) {
      throw new QueryError('execution', 'rule result is not a vector or scalar')
    }
    const rows = result as readonly { readonly metric?: unknown; readonly value?: unknown }[]
    return {
      labels: rows.map(({ metric }) => labelsOf(metric)),
      values: Float64Array.from(rows, ({ value }) => sampleOf(value)),
      isScalar: false,
      ...notes,
    }
  }

  async series(request: SelectRequest, options: AskOptions = {}): Promise<QueryAnswer> {
    return toQueryAnswer(await this.#ask('/series', selection(request), options))
  }

  async labelNames(request: SelectRequest, options: AskOptions = {}) {
    const answer = await this.#ask('/labels', selection(request), options)
    return { names: namesOf(answer), warnings: answer.warnings }
  }

  async labelValues(name: string, request: SelectRequest, options: AskOptions = {}) {
    const path = `/label/${encodeURIComponent(name)}/values`
    const answer = await this.#ask(path, selection(request), options, 'GET')
    return { values: namesOf(answer), warnings: answer.warnings }
  }

  async #ask(
    path: string,
    params: Readonly<Record<string, string | readonly string[]>>,
    { signal, timeoutMs }: QueryOptions,
    method = 'POST',
  ): Promise<Answer> {
    const { client, url, timeoutMs: timeoutMaxMs } = this.#deps
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries(params)) {
      for (const one of [value].flat()) form.append(name, one)
    }
    const target = `${url}/api/v1${path}`
    const answer = await client
      .request({
        method,
        url: method === 'GET' ? `${target}?${form}` : target,
        ...(method === 'POST' && {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: form.toString(),
        }),
        timeoutMs: Math.min(timeoutMs ?? timeoutMaxMs, timeoutMaxMs) + GRACE_MS,
        bodyLimitBytes: ANSWER_BYTES_MAX,
        ...(signal && { signal }),
      })
      .catch((err: unknown) => {
        const isOurs = signal?.aborted === true
        const text = isOurs ? 'query was canceled' : `forwarded query: ${(err as Error).message}`
        throw new QueryError(isOurs ? 'canceled' : 'unavailable', text)
      })
    return readAnswer(answer.status, Buffer.from(answer.body).toString('utf8'))
  }
}

function readAnswer(status: number, text: string): Answer {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    const start = text.trim().slice(0, 200)
    throw new QueryError('unavailable', `forwarded query: HTTP status ${status}: ${start}`)
  }
  const found = (document ?? {}) as Readonly<Record<string, unknown>>
  if (found.status === 'success') {
    return { data: found.data, warnings: texts(found.warnings), infos: texts(found.infos) }
  }
  if (found.status !== 'error') {
    throw new QueryError('unavailable', `forwarded query: HTTP status ${status}: no such answer`)
  }
  const known = ERROR_TYPES.has(String(found.errorType)) ? String(found.errorType) : undefined
  const type = known ?? (status === 400 ? 'bad_data' : status === 503 ? 'timeout' : 'execution')
  throw new QueryError(type, typeof found.error === 'string' ? found.error : `status ${status}`)
}

function toQueryAnswer({ data, warnings, infos }: Answer): QueryAnswer {
  return { data: [Buffer.from(JSON.stringify(data ?? null))], warnings, infos }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function namesOf({ data }: Answer): string[] {
  if (data !== undefined && data !== null && !Array.isArray(data)) {
    throw new QueryError('execution', 'forwarded query: no list of names')
  }
  return texts(data)
}

/** Flat pairs, sorted. */
function labelsOf(metric: unknown): string[] {
  const pairs = Object.entries((metric ?? {}) as object).filter(([, text]) => text !== '')
  return pairs.sort(byName).flatMap(([name, text]) => [name, String(text)])
}

/** The number of `[time, "number"]`. */
function sampleOf(value: unknown): number {
  if (Array.isArray(value) && typeof value[1] === 'string') return toNumber(value[1])
  throw new QueryError('execution', 'forwarded query: a row without a float value')
}

function paramsOf({ timeoutMs, lookbackMs, limit, stats }: QueryOptions): Record<string, string> {
  return {
    ...(timeoutMs !== undefined && { timeout: seconds(timeoutMs) }),
    ...(lookbackMs !== undefined && { lookback_delta: seconds(lookbackMs) }),
    ...(limit !== undefined && limit > 0 && { limit: String(limit) }),
    ...(stats && { stats: stats === 'all' ? 'all' : 'true' }),
  }
}

function selection({ matcherSets, mint, maxt, limit }: SelectRequest) {
  return {
    'match[]': matcherSets,
    // Without times the engine takes its own.
    ...(Math.abs(mint) < TIME_MAX_MS && { start: seconds(mint) }),
    ...(Math.abs(maxt) < TIME_MAX_MS && { end: seconds(maxt) }),
    ...(limit !== undefined && limit > 0 && { limit: String(limit) }),
  }
}

function seconds(ms: number): string {
  return String(ms / 1000)
}

function toNumber(text: string): number {
  if (text === '+Inf') return Infinity
  if (text === '-Inf') return -Infinity
  return Number(text)
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
