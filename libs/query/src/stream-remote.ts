/** Selected series as a streamed remote-read answer: frames of chunks (spec/wire-formats.md 13). */
import { crc32c } from '@prom/bytes'
import type { Labels } from '@prom/labels'
import type { Limits } from '@prom/promql-engine'
import { MessageWriter } from '@prom/protobuf'
import type { SampleColumns } from '@prom/storage'
import { encodeSamples, type LooseSample } from '@prom/tsdb'
import type { RemoteReadRequest } from './contract.ts'
import type { ThreadAnswer } from './messages.ts'
import type { QuerySource } from './query-service.ts'
import { addLabels, toMatchers } from './remote-read.ts'

const FLOATS = 1
const FLOAT_HISTOGRAMS = 3
const STALE_HIGH = 0x7ff00000
const STALE_LOW = 2
/** Series between two looks at whether to stop. */
const STOP_EVERY = 100

/**
 * Frames of ChunkedReadResponse { chunked_series 1, query_index 2 }, one series each; a series goes on in the next frame
 * when one is full.
 */
export function streamRemote(
  source: QuerySource,
  { queries, externalLabels, frameBytesMax = 0 }: RemoteReadRequest,
  limits: Pick<Limits, 'check' | 'holdBytes'>,
): ThreadAnswer {
  const frames: Uint8Array[] = []
  const warnings: string[] = []
  queries.forEach((query, index) => {
    const { mint, maxt } = query
    const querier = source.querier(mint, maxt)
    try {
      const set = querier.select(toMatchers(query, externalLabels), { mint, maxt })
      for (let i = 0; i < set.length; i++) {
        if (i % STOP_EVERY === 0) {
          limits.check()
          set.release()
        }
        const samples = set.samples(i)
        if (samples.start === samples.end) continue
        const labels = addLabels(set.labels(i), externalLabels)
        for (const frame of frameSeries(labels, samples, index, frameBytesMax)) {
          limits.holdBytes(frame.length)
          frames.push(frame)
        }
      }
      warnings.push(...querier.warnings)
    } finally {
      querier.close()
    }
  })
  return { data: frames, vector: undefined, strings: [], warnings, infos: [], facts: undefined }
}

function* frameSeries(
  labels: Labels,
  samples: SampleColumns,
  index: number,
  bytesMax: number,
): Generator<Uint8Array> {
  const head = encodeLabels(labels)
  const chunks = encodeSamples(takeSamples(samples))
  let series = new MessageWriter().raw(head)
  let left = bytesMax - head.length
  for (const [i, { mint, maxt, encoding, data }] of chunks.entries()) {
    const chunk = new MessageWriter()
      .varint(1, mint)
      .varint(2, maxt)
      .varint(3, encoding)
      .bytes(4, data)
      .finish()
    series.present(2, chunk)
    left -= chunk.length
    if (left > 0 && i < chunks.length - 1) continue
    yield frame(new MessageWriter().present(1, series.finish()).varint(2, index).finish())
    series = new MessageWriter().raw(head)
    left = bytesMax - head.length
  }
}

/** uvarint length | u32 big endian CRC-32C | message */
function frame(message: Uint8Array): Uint8Array {
  const sum = crc32c(message)
  const length = new MessageWriter().delimited(message).finish()
  const prefix = length.length - message.length
  const out = new Uint8Array(length.length + 4)
  out.set(length.subarray(0, prefix))
  new DataView(out.buffer).setUint32(prefix, sum)
  out.set(message, prefix + 4)
  return out
}

function encodeLabels(labels: Labels): Uint8Array {
  const writer = new MessageWriter()
  for (let i = 0; i < labels.size; i++) {
    const name = labels.nameAt(i)
    const value = labels.valueAt(i)
    writer.message(1, (label) => label.string(1, name).string(2, value))
  }
  return writer.finish()
}

/** A stale marker among histograms is one of theirs. */
function takeSamples({ times, values, start, end, histograms }: SampleColumns): LooseSample[] {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const samples: LooseSample[] = []
  let before = FLOATS
  for (let i = start; i < end; i++) {
    const histogram = histograms?.[i]
    const high = words[i * 2 + 1] as number
    const low = words[i * 2] as number
    const isStale = high === STALE_HIGH && low === STALE_LOW
    if (histogram) before = FLOAT_HISTOGRAMS
    else if (!isStale) before = FLOATS
    samples.push({ timeMs: times[i] as number, high, low, histogram, encoding: before })
  }
  return samples
}
