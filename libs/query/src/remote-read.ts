/** Raw samples of selected series as one remote-read answer (samples form), encoded and packed. */
import { compressSnappy } from '@prom/compress'
import { type Labels, Matcher } from '@prom/labels'
import { MessageWriter } from '@prom/protobuf'
import type { SampleColumns } from '@prom/storage'
import { QueryError, type RemoteReadRequest } from './contract.ts'
import type { ThreadAnswer } from './messages.ts'
import type { QuerySource } from './query-service.ts'

/** Series between two looks at whether to stop. */
const STOP_EVERY = 100

type RemoteQuery = RemoteReadRequest['queries'][number]

/**
 * ReadResponse { results 1: QueryResult { timeseries 1: TimeSeries { labels 1, samples 2 } } }, one result per query,
 * as a snappy block. Throws QueryError where there are more samples than asked for, or native histograms.
 */
export function readRemote(
  source: QuerySource,
  { queries, externalLabels, samplesMax }: RemoteReadRequest,
  checkStop: () => void,
): ThreadAnswer {
  const response = new MessageWriter()
  const warnings: string[] = []
  let left = samplesMax > 0 ? samplesMax : Infinity
  for (const query of queries) {
    const { mint, maxt } = query
    const querier = source.querier(mint, maxt)
    try {
      const result = new MessageWriter()
      const set = querier.select(toMatchers(query, externalLabels), { mint, maxt })
      for (let i = 0; i < set.length; i++) {
        if (i % STOP_EVERY === 0) {
          checkStop()
          set.release()
        }
        const samples = set.samples(i)
        left -= samples.end - samples.start
        if (left < 0) throw new QueryError('bad_data', `exceeded sample limit (${samplesMax})`)
        if (samples.start === samples.end) continue
        result.present(1, encodeSeries(addLabels(set.labels(i), externalLabels), samples))
      }
      response.present(1, result.finish())
      warnings.push(...querier.warnings)
    } finally {
      querier.close()
    }
  }
  const data = [compressSnappy(response.finish())]
  return { data, vector: undefined, strings: [], warnings, infos: [], facts: undefined }
}

/** A matcher for exactly an external label's value means: whatever we store, for we store none. */
function toMatchers({ matchers }: RemoteQuery, external: ReadonlyMap<string, string>): Matcher[] {
  return matchers.map(({ type, name, value }) =>
    type === '=' && external.get(name) === value
      ? new Matcher('=', name, '')
      : new Matcher(type, name, value),
  )
}

function addLabels(labels: Labels, external: ReadonlyMap<string, string>): Labels {
  let all = labels
  for (const [name, value] of external) if (!all.has(name)) all = all.with(name, value)
  return all
}

function encodeSeries(labels: Labels, samples: SampleColumns): Uint8Array {
  const series = new MessageWriter()
  for (let i = 0; i < labels.size; i++) {
    const name = labels.nameAt(i)
    const value = labels.valueAt(i)
    series.message(1, (label) => label.string(1, name).string(2, value))
  }
  // Bits are copied as bytes: a stale marker may lose its payload as a number.
  const { buffer, byteOffset } = samples.values
  const bits = new Uint8Array(buffer, byteOffset)
  const sample = new MessageWriter()
  for (let i = samples.start; i < samples.end; i++) {
    if (samples.histograms?.[i] !== undefined) {
      throw new QueryError('internal', 'native histograms cannot be read remotely yet')
    }
    sample.clear()
    sample.raw(VALUE_KEY).raw(bits.subarray(i * 8, i * 8 + 8))
    sample.varint(2, samples.times[i] as number)
    series.present(2, sample.finish())
  }
  return series.finish()
}

/** Field 1, eight bytes. */
const VALUE_KEY = Uint8Array.of(0x09)
