/** `POST /read`: remote read by other servers, in the samples form. */
import { CompressError, uncompressSnappy } from '@prom/compress'
import { type HttpHandler, HttpLimitError, readBody, respond, respondError } from '@prom/http'
import type { MatchType } from '@prom/labels'
import { MessageError, MessageReader } from '@prom/protobuf'
import type { Queries, RemoteReadRequest } from '@prom/query'

const BODY_LIMIT_BYTES = 32 * 1024 * 1024
const SAMPLES = 0
/** LabelMatcher.Type: EQ, NEQ, RE, NRE. */
const MATCH_TYPES: readonly MatchType[] = ['=', '!=', '=~', '!~']

type ReadQuery = RemoteReadRequest['queries'][number]

export interface ReadDeps {
  readonly queries: Pick<Queries, 'remoteRead'>
  readonly externalLabels: () => ReadonlyMap<string, string>
  /** `--storage.remote.read-sample-limit` */
  readonly samplesMax: number
}

export function createRead({ queries, externalLabels, samplesMax }: ReadDeps): HttpHandler {
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
    if (accepted.length > 0 && !accepted.includes(SAMPLES)) {
      const text = `server does not support any of the requested response types: [${accepted.join(' ')}]; supported: map[0:{}]`
      respondError(response, 400, text)
      return
    }
    try {
      const { data } = await queries.remoteRead({
        queries: asked.queries,
        externalLabels: externalLabels(),
        samplesMax,
      })
      await respond(response, {
        contentType: 'application/x-protobuf',
        headers: { 'Content-Encoding': 'snappy' },
        body: data,
      })
    } catch (err) {
      const { errorType } = err as { errorType?: string }
      respondError(response, errorType === 'bad_data' ? 400 : 500, (err as Error).message)
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
