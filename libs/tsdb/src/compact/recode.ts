import {
  type AnyHistogram,
  adapt,
  decodeHistograms,
  decodeXor,
  decodeXor2,
  ENCODING_XOR,
  ENCODING_XOR2,
  encodingOf,
  firstFlags,
  fitHistogram,
  HistogramEncoder,
  XorEncoder,
} from '@prom/chunks'
import type { ChunkData } from '../block/chunk-writer.ts'
import { type Intervals, isDeleted } from '../block/tombstones.ts'
import { StorageError } from '../errors.ts'

const CHUNK_SAMPLES = 120

/** A sample taken out of a chunk: 64 bits of a float, or a histogram. */
export interface LooseSample {
  readonly timeMs: number
  readonly high: number
  readonly low: number
  readonly histogram: AnyHistogram | undefined
  /** Encoding of the chunk it comes from: tells a stale histogram from a stale float. */
  readonly encoding: number
}

/** Throws StorageError if the chunk is damaged. Encodings are 1 to 3, also of chunks that had start times. */
export function decodeSamples({
  encoding,
  data,
}: Pick<ChunkData, 'encoding' | 'data'>): LooseSample[] {
  const count = (data[0]! << 8) | data[1]!
  if (encoding === ENCODING_XOR || encoding === ENCODING_XOR2) {
    const decode = encoding === ENCODING_XOR ? decodeXor : decodeXor2
    const times = new Float64Array(count)
    const bits = new Uint32Array(count * 2)
    if (decode(data, times, bits) < count) throw new StorageError('unexpected end of chunk')
    return Array.from(times, (timeMs, i) => ({
      timeMs,
      high: bits[i * 2 + 1]!,
      low: bits[i * 2]!,
      histogram: undefined,
      encoding: ENCODING_XOR,
    }))
  }
  if (encoding < 2 || encoding > 6) throw new StorageError(`invalid chunk encoding "${encoding}"`)
  const samples = decodeHistograms(encoding, data)
  if (!samples) throw new StorageError('unexpected end of chunk')
  // Start times are not kept: what is encoded anew has the encodings without them.
  const plain = encoding > 4 ? encoding - 3 : encoding
  return samples.map(({ timeMs, histogram }) => ({
    timeMs,
    high: 0,
    low: 0,
    histogram,
    encoding: plain,
  }))
}

/** Chunks of at most 120 samples; a chunk ends where the kind changes or a histogram does not fit. */
export function encodeSamples(samples: readonly LooseSample[]): ChunkData[] {
  const chunks: ChunkData[] = []
  for (let start = 0; start < samples.length; ) {
    const { encoding } = samples[start]!
    let end = start
    while (end < samples.length && samples[end]!.encoding === encoding) end++
    const run = samples.slice(start, end)
    chunks.push(...(encoding === ENCODING_XOR ? encodeFloats(run) : encodeHistograms(run)))
    start = end
  }
  return chunks
}

/** Several chunks that overlap as one ascending list; at equal times the earlier list's sample stays. */
export function mergeSamples(
  lists: readonly (readonly LooseSample[])[],
  deleted: readonly Intervals[],
): LooseSample[] {
  const all: LooseSample[] = []
  lists.forEach((list, i) => {
    for (const sample of list) if (!isDeleted(deleted[i] ?? [], sample.timeMs)) all.push(sample)
  })
  all.sort((a, b) => a.timeMs - b.timeMs) // Stable: lists stay in their order.
  return all.filter(({ timeMs }, i) => i === 0 || timeMs !== all[i - 1]!.timeMs)
}

function encodeFloats(samples: readonly LooseSample[]): ChunkData[] {
  const chunks: ChunkData[] = []
  for (let start = 0; start < samples.length; start += CHUNK_SAMPLES) {
    const part = samples.slice(start, start + CHUNK_SAMPLES)
    const encoder = new XorEncoder()
    for (const { timeMs, high, low } of part) encoder.append(timeMs, high, low)
    const [mint, maxt] = [part[0]!.timeMs, part.at(-1)!.timeMs]
    chunks.push({ mint, maxt, encoding: ENCODING_XOR, data: encoder.finish() })
  }
  return chunks
}

function encodeHistograms(samples: readonly LooseSample[]): ChunkData[] {
  const chunks: ChunkData[] = []
  let encoder: HistogramEncoder | undefined
  let mint = 0
  let maxt = 0
  let last: AnyHistogram | undefined
  const close = () => {
    if (encoder)
      chunks.push({ mint, maxt, encoding: encoder.encoding, data: encoder.bytes().slice() })
  }
  const start = (sample: LooseSample, flags: number) => {
    close()
    const { histogram, timeMs } = sample
    const encoding = histogram ? encodingOf(histogram) : (sample.encoding as 2 | 3)
    encoder = new HistogramEncoder(encoding, histogram, flags)
    encoder.append(timeMs, histogram)
    mint = timeMs
    last = histogram
  }
  for (const sample of samples) {
    const { histogram, timeMs } = sample
    if (!encoder) start(sample, histogram ? firstFlags(histogram) : 0)
    else {
      const fit = fitHistogram(encoder.layout, encoder.flags, last, histogram)
      if (fit.kind === 'cut' || encoder.count >= CHUNK_SAMPLES) {
        start(sample, fit.kind === 'cut' ? fit.flags : histogram ? firstFlags(histogram) : 0)
      } else {
        if (fit.kind === 'recode') encoder = widen(encoder, fit.layout, fit.histogram)
        encoder.append(timeMs, fit.histogram)
        last = fit.histogram
      }
    }
    maxt = timeMs
  }
  close()
  return chunks
}

function widen(
  encoder: HistogramEncoder,
  layout: HistogramEncoder['layout'],
  example: AnyHistogram,
): HistogramEncoder {
  const wide = new HistogramEncoder(encoder.encoding, { ...example, ...layout }, encoder.flags)
  for (const { timeMs, histogram } of decodeHistograms(encoder.encoding, encoder.bytes()) ?? []) {
    wide.append(timeMs, histogram && adapt(histogram, layout))
  }
  return wide
}
