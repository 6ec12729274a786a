/** Chunks a real server wrote: we decode them to their samples and write the same bytes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnyHistogram } from './histogram-chunk.ts'
import { decodeHistograms, decodeXor, decodeXor2, HistogramEncoder, XorEncoder } from './index.ts'

const shared = process.env.SHARED_DIR ?? join(__dirname, '../../../../shared')

interface HistogramVector {
  readonly t: number
  readonly kind: 'int' | 'float'
  readonly schema: number
  readonly zero_threshold: number
  readonly zero_count: number
  readonly count: number
  readonly sum_bits: string
  readonly positive_spans: [number, number][]
  readonly negative_spans: [number, number][]
  readonly positive: number[]
  readonly negative: number[]
  readonly custom_values?: number[]
}
interface ChunkVector {
  readonly from: string
  readonly encoding: number
  readonly hex: string
  readonly samples: ([number, string, string] | HistogramVector)[]
}

const { chunks } = JSON.parse(readFileSync(join(shared, 'fixtures/tsdb/vectors.json'), 'utf8')) as {
  chunks: ChunkVector[]
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

test.each(
  chunks.filter(({ encoding }) => encoding === 1).map((c, i) => [`${i} ${c.from}`, c] as const),
)('floats of chunk %s', (_name, { hex, samples }) => {
  const bytes = Buffer.from(hex, 'hex')
  const times = new Float64Array(samples.length)
  const bits = new Uint32Array(samples.length * 2)
  expect(decodeXor(bytes, times, bits)).toBe(samples.length)
  const encoder = new XorEncoder()
  samples.forEach((sample, i) => {
    const [time, , text] = sample as [number, string, string]
    const high = Number.parseInt(text.slice(0, 8), 16)
    const low = Number.parseInt(text.slice(8), 16)
    expect([times[i], bits[i * 2 + 1], bits[i * 2]]).toEqual([time, high, low])
    encoder.append(time, high, low)
  })
  expect(Buffer.from(encoder.finish()).toString('hex')).toBe(hex)
})

test.each(
  chunks.filter(({ encoding }) => encoding !== 1).map((c, i) => [`${i} ${c.from}`, c] as const),
)('histograms of chunk %s', (_name, { encoding, hex, samples }) => {
  const bytes = Buffer.from(hex, 'hex')
  const decoded = decodeHistograms(encoding, bytes)!
  expect(decoded).toHaveLength(samples.length)
  const encoder = new HistogramEncoder(encoding as 2 | 3, decoded[0]!.histogram, bytes[2]! & 0xc0)
  decoded.forEach(({ timeMs, histogram }, i) => {
    const expected = samples[i] as HistogramVector
    expect(timeMs).toBe(expected.t)
    if (histogram) compare(histogram, expected)
    else expect(expected.sum_bits).toBe('7ff0000000000002')
    encoder.append(timeMs, histogram)
  })
  expect(Buffer.from(encoder.bytes()).toString('hex')).toBe(hex)
})

function compare(histogram: AnyHistogram, expected: HistogramVector): void {
  float[0] = histogram.sum
  const sumBits = [words[1]!, words[0]!].map((word) => word.toString(16).padStart(8, '0')).join('')
  const isInteger = histogram.kind === 'int'
  expect({
    kind: histogram.kind,
    schema: histogram.schema,
    zero_threshold: histogram.zeroThreshold,
    zero_count: histogram.zeroCount,
    count: histogram.count,
    sum_bits: sumBits,
    positive_spans: histogram.positiveSpans.map(({ offset, length }) => [offset, length]),
    negative_spans: histogram.negativeSpans.map(({ offset, length }) => [offset, length]),
    positive: isInteger ? histogram.positiveDeltas : histogram.positiveBuckets,
    negative: isInteger ? histogram.negativeDeltas : histogram.negativeBuckets,
  }).toEqual({
    kind: expected.kind,
    schema: expected.schema,
    zero_threshold: expected.zero_threshold,
    zero_count: expected.zero_count,
    count: expected.count,
    sum_bits: expected.sum_bits,
    positive_spans: expected.positive_spans,
    negative_spans: expected.negative_spans,
    positive: expected.positive,
    negative: expected.negative,
  })
  if (expected.custom_values) expect(histogram.customValues).toEqual(expected.custom_values)
}

const { xor2_chunks: xor2 } = JSON.parse(
  readFileSync(join(shared, 'fixtures/tsdb/vectors-unverified.json'), 'utf8'),
) as {
  xor2_chunks: {
    readonly hex: string
    readonly what: string
    readonly samples_st_t_v: [number, number, string, string][]
  }[]
}

test.each(xor2.map((c) => [c.what, c] as const))(
  'floats and start times of chunk %s',
  (_what, { hex, samples_st_t_v: samples }) => {
    const count = samples.length
    const times = new Float64Array(count)
    const starts = new Float64Array(count)
    const bits = new Uint32Array(count * 2)
    expect(decodeXor2(Buffer.from(hex, 'hex'), times, bits, starts)).toBe(count)
    const rows = samples.map((_, i) => {
      const halves = [bits[i * 2 + 1]!, bits[i * 2]!]
      const text = halves.map((word) => word.toString(16).padStart(8, '0')).join('')
      return [starts[i], times[i], text]
    })
    expect(rows).toEqual(samples.map(([start, time, , text]) => [start, time, text]))
  },
)
