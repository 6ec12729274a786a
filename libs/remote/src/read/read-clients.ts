/** The remote storages that queries read from. */
import { createHash } from 'node:crypto'
import { compressSnappy } from '@prom/compress'
import type { HttpClient, HttpClientConfig } from '@prom/http'
import { Labels, type MatchType } from '@prom/labels'
import { GaugeVec, type Registry } from '@prom/metrics'
import { MessageWriter } from '@prom/protobuf'
import { encodeYaml, redactUrl } from '@prom/yaml'
import { type RemoteReadConfig, remoteReadConfig } from '../remote-read-config.ts'
import { decodeSampledResponse, decodeStreamedResponse, type ReadSeries } from './decode-read.ts'

const ERROR_BODY_MAX = 1024
const MATCH_TYPES: Readonly<Record<MatchType, number>> = { '=': 0, '!=': 1, '=~': 2, '!~': 3 }
/** ReadRequest.ResponseType: streamed chunks before samples. */
const ACCEPTED = [1n, 0n]
const BODY_MAX = 512 << 20

interface PlainMatcher {
  readonly type: MatchType
  readonly name: string
  readonly value: string
}

export interface ReadSelect {
  readonly matchers: readonly PlainMatcher[]
  readonly hints: {
    readonly mint: number
    readonly maxt: number
    readonly stepMs?: number
    readonly rangeMs?: number
    readonly func?: string
    readonly grouping?: readonly string[]
    readonly by?: boolean
  }
  /** The oldest time stored here; Infinity: nothing. */
  readonly localStartMs: number
}

export interface ReadSelected {
  readonly sets: readonly (readonly ReadSeries[])[]
  readonly warnings: readonly string[]
}

export interface ReadClientsDeps {
  readonly createClient: (config: HttpClientConfig) => HttpClient
  readonly metrics: Registry
}

interface Reader {
  readonly config: RemoteReadConfig
  readonly http: HttpClient
  readonly metricLabels: readonly [name: string, url: string]
}

export class ReadClients {
  readonly #deps: ReadClientsDeps
  readonly #queries: GaugeVec
  #readers: readonly Reader[] = []
  #externalLabels: ReadonlyMap<string, string> = new Map()

  constructor(deps: ReadClientsDeps) {
    this.#deps = deps
    this.#queries = deps.metrics.register(
      new GaugeVec({
        name: 'prometheus_remote_read_client_queries',
        help: 'The number of in-flight remote read queries.',
        labelNames: ['remote_name', 'url'],
      }),
    )
  }

  get count(): number {
    return this.#readers.length
  }

  /** Throws an Error for an entry that is there twice. */
  apply(configs: readonly RemoteReadConfig[], externalLabels: ReadonlyMap<string, string>): void {
    const names = new Set<string>()
    const readers = configs.map((config): Reader => {
      const printed = encodeYaml(remoteReadConfig.encode(config) ?? {})
      const name = config.name || createHash('md5').update(printed).digest('hex').slice(0, 6)
      if (names.has(name)) {
        const url = redactUrl(config.url)
        throw new Error(
          `duplicate remote read configs are not allowed, found duplicate for URL: ${url}`,
        )
      }
      names.add(name)
      const metricLabels = [name, redactUrl(config.url)] as const
      return { config, http: this.#deps.createClient(config.http), metricLabels }
    })
    const before = this.#readers
    this.#readers = readers
    this.#externalLabels = externalLabels
    this.#queries.clear()
    for (const { metricLabels } of readers) this.#queries.of(...metricLabels).set(0)
    for (const { http } of before) void http.close()
  }

  /** Asks every storage that may have something. A failure is a warning: the others' answers count. */
  async select(request: ReadSelect): Promise<ReadSelected> {
    const warnings: string[] = []
    const sets = await Promise.all(
      this.#readers.map(async (reader) => {
        try {
          return await this.#ask(reader, request)
        } catch (err) {
          warnings.push(`remote_read: ${(err as Error).message}`)
          return []
        }
      }),
    )
    return { sets, warnings }
  }

  async #ask(reader: Reader, request: ReadSelect): Promise<readonly ReadSeries[]> {
    const { config } = reader
    const { hints, localStartMs } = request
    const isMissing = [...config.requiredMatchers].some(
      ([name, value]) =>
        !request.matchers.some(
          (matcher) => matcher.type === '=' && matcher.name === name && matcher.value === value,
        ),
    )
    if (isMissing) return []
    let { mint, maxt } = hints
    if (!config.readRecent) {
      if (mint >= localStartMs) return []
      maxt = Math.min(maxt, localStartMs)
    }
    const asked = new Set(request.matchers.map(({ name }) => name))
    const added = config.filterExternalLabels
      ? [...this.#externalLabels].filter(([name]) => !asked.has(name))
      : []
    const matchers: PlainMatcher[] = [
      ...request.matchers,
      ...added.map(([name, value]) => ({ type: '=' as const, name, value })),
    ]
    mint = Math.trunc(mint)
    maxt = Math.trunc(maxt)
    const found = await this.#post(reader, encodeRequest(matchers, { ...hints }, mint, maxt), {
      mint,
      maxt,
    })
    if (added.length === 0) return found
    const names = new Set(added.map(([name]) => name))
    return found.map((series) => ({
      ...series,
      labels: Labels.fromSortedFlat(series.labels).without(names).flat(),
    }))
  }

  async #post(
    { config, http, metricLabels }: Reader,
    body: Uint8Array,
    range: { readonly mint: number; readonly maxt: number },
  ): Promise<readonly ReadSeries[]> {
    const inFlight = this.#queries.of(...metricLabels)
    inFlight.inc(1)
    try {
      const answer = await http
        .request({
          method: 'POST',
          url: config.url,
          headers: {
            ...Object.fromEntries(config.headers),
            'Content-Encoding': 'snappy',
            'Accept-Encoding': 'snappy',
            'Content-Type': 'application/x-protobuf',
            'X-Prometheus-Remote-Read-Version': '0.1.0',
          },
          body,
          timeoutMs: config.remoteTimeout,
          bodyLimitBytes: BODY_MAX,
        })
        .catch((err: Error) => {
          throw new Error(`error sending request: ${err.message}`)
        })
      if (answer.status < 200 || answer.status >= 300) {
        const text = Buffer.from(answer.body.subarray(0, ERROR_BODY_MAX)).toString().trim()
        throw new Error(
          `remote server ${redactUrl(config.url)} returned http status ${answer.status}: ${text}`,
        )
      }
      const contentType = answer.headers['content-type'] ?? ''
      if (contentType.startsWith('application/x-protobuf')) {
        return decodeSampledResponse(answer.body, range)
      }
      if (
        contentType.startsWith(
          'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse',
        )
      ) {
        return decodeStreamedResponse(answer.body, config.chunkedReadLimit, range)
      }
      throw new Error(`unsupported content type: ${contentType}`)
    } finally {
      inFlight.inc(-1)
    }
  }
}

/** ReadRequest { queries 1, accepted_response_types 2 } with one query, as a snappy block. */
function encodeRequest(
  matchers: readonly PlainMatcher[],
  hints: ReadSelect['hints'],
  mint: number,
  maxt: number,
): Uint8Array {
  const { stepMs = 0, rangeMs = 0, func = '', grouping = [], by = false } = hints
  const request = new MessageWriter()
    .message(1, (query) => {
      query.varint(1, mint).varint(2, maxt)
      for (const { type, name, value } of matchers) {
        query.message(3, (matcher) =>
          matcher.varint(1, MATCH_TYPES[type]).string(2, name).string(3, value),
        )
      }
      query.message(4, (one) => {
        one.varint(1, stepMs).string(2, func)
        one.varint(3, Math.trunc(hints.mint)).varint(4, Math.trunc(hints.maxt))
        for (const name of grouping) one.string(5, name)
        one.bool(6, by).varint(7, rangeMs)
      })
    })
    .packedUint64(2, ACCEPTED)
  return compressSnappy(request.finish())
}
