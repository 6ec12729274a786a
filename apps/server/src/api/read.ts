/** `POST /read`: remote read by other servers, as samples or as streamed chunks. */
import { CompressError, uncompressSnappy } from '@prom/compress'
import { type HttpHandler, HttpLimitError, readBody, respond, respondError } from '@prom/http'
import type { MatchType } from '@prom/labels'
import { Gauge, type Registry } from '@prom/metrics'
import { MessageError, MessageReader } from '@prom/protobuf'
import type { Queries, RemoteReadRequest } from '@prom/query'

const BODY_LIMIT_BYTES = 32 * 1024 * 1024
const SAMPLES = 0
const STREAMED_XOR_CHUNKS = 1
const TYPE_NAMES = ['SAMPLES', 'STREAMED_XOR_CHUNKS']
/** LabelMatcher.Type: EQ, NEQ, RE, NRE. */
const MATCH_TYPES: readonly MatchType[] = ['=', '!=', '=~', '!~']

type ReadQuery = RemoteReadRequest['queries'][number]

export interface ReadDeps {
  readonly queries: Pick<Queries, 'remoteRead'>
  readonly externalLabels: () => ReadonlyMap<string, string>
  /** `--storage.remote.read-sample-limit` */
  readonly samplesMax: number
  /** `--storage.remote.read-concurrent-limit`; more wait. 0: no limit. */
  readonly concurrencyMax: number
  /** `--storage.remote.read-max-bytes-in-frame` */
  readonly frameBytesMax: number
  readonly metrics: Registry
}

export function createRead(deps: ReadDeps): HttpHandler {
  const { queries, externalLabels, samplesMax, concurrencyMax, frameBytesMax, metrics } = deps
  const gate = new Gate(concurrencyMax)
  metrics.register(
    new Gauge(
      {
        name: 'prometheus_remote_read_handler_queries',
        help: 'The current number of remote read queries that are either in execution or queued on the handler.',
      },
      () => gate.count,
    ),
  )
  return async (request, response) => {
    let asked: { queries: ReadQuery[]; accepted: number[] }
    try {
      asked = decodeRead(uncompressSnappy(await readBody(request, BODY_LIMIT_BYTES)))
    } catch (err) {
      const isBad =
        err instanceof CompressError || err instanceof MessageError || err instanceof HttpLimitError
      if (!isBad) throw err
      respondError(response, 400, err.message)
      return
    }
    const { accepted } = asked
    const type = accepted.length === 0 ? SAMPLES : accepted.find((one) => one in TYPE_NAMES)
    if (type === undefined) {
      const names = accepted.map((one) => TYPE_NAMES[one] ?? one).join(' ')
      const text = `server does not support any of the requested response types: [${names}]; supported: map[SAMPLES:{} STREAMED_XOR_CHUNKS:{}]`
      respondError(response, 400, text)
      return
    }
    try {
      const isStreamed = type === STREAMED_XOR_CHUNKS
      const read = {
        ...{ queries: asked.queries, externalLabels: externalLabels(), samplesMax },
        ...(isStreamed && { frameBytesMax }),
      }
      const { data } = await gate.run(() => queries.remoteRead(read))
      const answer = isStreamed
        ? { contentType: 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse' }
        : { contentType: 'application/x-protobuf', headers: { 'Content-Encoding': 'snappy' } }
      await respond(response, { ...answer, body: data })
    } catch (err) {
      const { errorType } = err as { errorType?: string }
      respondError(response, errorType === 'bad_data' ? 400 : 500, (err as Error).message)
    }
  }
}

/** Lets so many run at a time; the others wait their turn. */
class Gate {
  readonly #max: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(max: number) {
    this.#max = max > 0 ? max : Infinity
  }

  /** Running and waiting. */
  get count(): number {
    return this.#running + this.#waiting.length
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#max) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    } else this.#running++
    try {
      return await work()
    } finally {
      // The place is handed on, so that nobody slips in between.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}

/** ReadRequest { queries 1, accepted_response_types 2 }. */
function decodeRead(bytes: Uint8Array): { queries: ReadQuery[]; accepted: number[] } {
  const reader = new MessageReader(bytes)
  const queries: ReadQuery[] = []
  const accepted: number[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) queries.push(decodeQuery(reader.message()))
    else if (field !== 2) reader.skip()
    else if (!reader.isPacked) accepted.push(reader.number())
    else {
      const packed = new MessageReader(reader.delimited())
      while (!packed.isAtEnd) accepted.push(packed.number())
    }
  }
  return { queries, accepted }
}

/** Query { start_timestamp_ms 1, end_timestamp_ms 2, matchers 3, hints 4 }. */
function decodeQuery(reader: MessageReader): ReadQuery {
  let mint = 0
  let maxt = 0
  const matchers: ReadQuery['matchers'][number][] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) mint = reader.number()
    else if (field === 2) maxt = reader.number()
    else if (field === 3) matchers.push(decodeMatcher(reader.message()))
    else reader.skip()
  }
  return { mint, maxt, matchers }
}

/** LabelMatcher { type 1, name 2, value 3 }. */
function decodeMatcher(reader: MessageReader): ReadQuery['matchers'][number] {
  let type: MatchType = '='
  let name = ''
  let value = ''
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) {
      const known = MATCH_TYPES[reader.number()]
      if (!known) throw new MessageError('invalid matcher type')
      type = known
    } else if (field === 2) name = reader.string()
    else if (field === 3) value = reader.string()
    else reader.skip()
  }
  return { type, name, value }
}
