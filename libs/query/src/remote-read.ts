/** Raw samples of selected series as one remote-read answer (samples form), encoded and packed. */
import { compressSnappy } from '@prom/compress'
import type { FloatHistogram, Span } from '@prom/histogram'
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
 * as a snappy block. Throws QueryError where there are more samples than asked for.
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
export function toMatchers(
  { matchers }: RemoteQuery,
  external: ReadonlyMap<string, string>,
): Matcher[] {
  return matchers.map(({ type, name, value }) =>
    type === '=' && external.get(name) === value
      ? new Matcher('=', name, '')
      : new Matcher(type, name, value),
  )
}

export function addLabels(labels: Labels, external: ReadonlyMap<string, string>): Labels {
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
    const histogram = samples.histograms?.[i]
    if (histogram) {
      series.present(4, encodeHistogram(histogram, samples.times[i] as number))
      continue
    }
    sample.clear()
    sample.raw(VALUE_KEY).raw(bits.subarray(i * 8, i * 8 + 8))
    sample.varint(2, samples.times[i] as number)
    series.present(2, sample.finish())
  }
  return series.finish()
}

const HINTS = { unknown: 0, reset: 1, not_reset: 2, gauge: 3 } as const

/** A Histogram message with float counts. */
function encodeHistogram(h: FloatHistogram, timeMs: number): Uint8Array {
  const out = new MessageWriter()
  out.double(2, h.count).double(3, h.sum).varint(4, zigzag(h.schema)).double(5, h.zeroThreshold)
  out.double(7, h.zeroCount)
  encodeSpans(out, 8, h.negativeSpans)
  encodeDoubles(out, 10, h.negativeBuckets)
  encodeSpans(out, 11, h.positiveSpans)
  encodeDoubles(out, 13, h.positiveBuckets)
  out.varint(14, HINTS[h.counterResetHint]).varint(15, timeMs)
  encodeDoubles(out, 16, h.customValues)
  return out.finish()
}

function encodeSpans(out: MessageWriter, field: number, spans: readonly Span[]): void {
  for (const { offset, length } of spans) {
    out.message(field, (span) => span.varint(1, zigzag(offset)).varint(2, length))
  }
}

function encodeDoubles(out: MessageWriter, field: number, values: readonly number[]): void {
  if (values.length === 0) return
  out.present(field, new Uint8Array(Float64Array.from(values).buffer))
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}

/** Field 1, eight bytes. */
const VALUE_KEY = Uint8Array.of(0x09)
