/** Answers of remote read, in both forms (spec/wire-formats.md 13), as columns. */
import { crc32c } from '@prom/bytes'
import {
  decodeHistograms,
  decodeXor,
  ENCODING_FLOAT_HISTOGRAM,
  ENCODING_HISTOGRAM,
  ENCODING_XOR,
  toFloatHistogram,
} from '@prom/chunks'
import { uncompressSnappy } from '@prom/compress'
import type { FloatHistogram } from '@prom/histogram'
import { Labels } from '@prom/labels'
import { STALE_HIGH, STALE_LOW } from '@prom/model'
import { MessageError, MessageReader } from '@prom/protobuf'
import { readHistogram } from '../receive/read-histogram.ts'

const UNPACKED_MAX = 512 << 20

export interface ReadSeries {
  /** Flat pairs, sorted. */
  readonly labels: readonly string[]
  readonly times: Float64Array
  readonly values: Float64Array
  readonly histograms?: readonly (FloatHistogram | undefined)[]
}

interface Sample {
  readonly timeMs: number
  readonly low: number
  readonly high: number
  readonly histogram: FloatHistogram | undefined
}

type Collected = Map<string, { readonly labels: Labels; readonly samples: Sample[] }>

export interface ReadRange {
  readonly mint: number
  readonly maxt: number
}

/** ReadResponse as a snappy block, of one query. Throws MessageError or CompressError. */
export function decodeSampledResponse(body: Uint8Array, range: ReadRange): ReadSeries[] {
  const found: Collected = new Map()
  each(new MessageReader(uncompressSnappy(body, UNPACKED_MAX)), 1, (result) => {
    each(result, 1, (series) => readSeries(series, found))
  })
  return finish(found, range)
}

/** Frames of ChunkedReadResponse, of one query. Throws MessageError. */
export function decodeStreamedResponse(
  body: Uint8Array,
  frameBytesMax: number,
  range: ReadRange,
): ReadSeries[] {
  const found: Collected = new Map()
  let at = 0
  while (at < body.length) {
    let size = 0
    let scale = 1
    for (;;) {
      const byte = body[at++]
      if (byte === undefined || scale > 2 ** 35) throw new MessageError('unexpected EOF')
      size += (byte & 127) * scale
      scale *= 128
      if (byte < 128) break
    }
    if (size > frameBytesMax) {
      throw new MessageError(
        `chunkedReader: message size exceeded the limit ${frameBytesMax} bytes; got: ${size} bytes`,
      )
    }
    if (at + 4 + size > body.length) throw new MessageError('unexpected EOF')
    const sum = new DataView(body.buffer, body.byteOffset + at, 4).getUint32(0)
    const frame = body.subarray(at + 4, at + 4 + size)
    if (crc32c(frame) !== sum) {
      throw new MessageError('chunkedReader: corrupted frame; checksum mismatch')
    }
    each(new MessageReader(frame), 1, (series) => readChunkedSeries(series, found))
    at += 4 + size
  }
  return finish(found, range)
}

function readSeries(reader: MessageReader, found: Collected): void {
  const pairs: [string, string][] = []
  const samples: Sample[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) pairs.push(readLabel(reader.message()))
    else if (field === 2) samples.push(readSample(reader.bytes()))
    else if (field === 4) {
      const { timeMs, histogram, isStale } = readHistogram(reader.bytes())
      samples.push(isStale ? stale(timeMs) : plain(timeMs, toFloatHistogram(histogram)))
    } else reader.skip()
  }
  add(found, pairs, samples)
}

function readChunkedSeries(reader: MessageReader, found: Collected): void {
  const pairs: [string, string][] = []
  const samples: Sample[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) pairs.push(readLabel(reader.message()))
    else if (field === 2) readChunk(reader.message(), samples)
    else reader.skip()
  }
  add(found, pairs, samples)
}

/** Chunk { min_time_ms 1, max_time_ms 2, type 3, data 4 }. */
function readChunk(reader: MessageReader, into: Sample[]): void {
  let encoding = 0
  let data = new Uint8Array()
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 3) encoding = reader.number()
    else if (field === 4) data = reader.bytes() as Uint8Array<ArrayBuffer>
    else reader.skip()
  }
  const count = ((data[0] ?? 0) << 8) | (data[1] ?? 0)
  if (encoding === ENCODING_XOR) {
    const times = new Float64Array(count)
    const bits = new Uint32Array(count * 2)
    if (decodeXor(data, times, bits) < count) throw new MessageError('unexpected end of chunk')
    for (let i = 0; i < count; i++) {
      const low = bits[i * 2] as number
      const high = bits[i * 2 + 1] as number
      into.push({ timeMs: times[i] as number, low, high, histogram: undefined })
    }
    return
  }
  if (encoding !== ENCODING_HISTOGRAM && encoding !== ENCODING_FLOAT_HISTOGRAM) {
    throw new MessageError(`invalid chunk encoding "${encoding}"`)
  }
  const samples = decodeHistograms(encoding, data)
  if (!samples) throw new MessageError('unexpected end of chunk')
  for (const { timeMs, histogram } of samples) {
    into.push(histogram ? plain(timeMs, toFloatHistogram(histogram)) : stale(timeMs))
  }
}

function readSample(bytes: Uint8Array): Sample {
  const reader = new MessageReader(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let timeMs = 0
  let low = 0
  let high = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) {
      const at = reader.offset
      reader.double()
      low = view.getUint32(at, true)
      high = view.getUint32(at + 4, true)
    } else if (field === 2) timeMs = reader.number()
    else reader.skip()
  }
  return { timeMs, low, high, histogram: undefined }
}

function readLabel(reader: MessageReader): [string, string] {
  const pair: [string, string] = ['', '']
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1 || field === 2) pair[field - 1] = reader.string()
    else reader.skip()
  }
  return pair
}

function each(reader: MessageReader, wanted: number, read: (inner: MessageReader) => void): void {
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === wanted) read(reader.message())
    else reader.skip()
  }
}

function add(found: Collected, pairs: readonly [string, string][], samples: Sample[]): void {
  const labels = Labels.from(pairs)
  const known = found.get(labels.key())
  if (!known) found.set(labels.key(), { labels, samples })
  else for (const sample of samples) known.samples.push(sample)
}

/** Sorted by labels; samples within the range, ascending, one per time. */
function finish(found: Collected, { mint, maxt }: ReadRange): ReadSeries[] {
  const all: ReadSeries[] = []
  const sorted = [...found.values()].sort((a, b) => a.labels.compare(b.labels))
  for (const { labels, samples } of sorted) {
    const kept = samples
      .filter(({ timeMs }) => timeMs >= mint && timeMs <= maxt)
      .sort((a, b) => a.timeMs - b.timeMs)
      .filter(({ timeMs }, i, list) => i === 0 || timeMs !== (list[i - 1] as Sample).timeMs)
    if (kept.length === 0) continue
    const values = new Float64Array(kept.length)
    const words = new Uint32Array(values.buffer)
    kept.forEach(({ low, high }, i) => {
      words[i * 2] = low
      words[i * 2 + 1] = high
    })
    const times = Float64Array.from(kept, ({ timeMs }) => timeMs)
    const hasHistograms = kept.some(({ histogram }) => histogram !== undefined)
    const histograms = kept.map(({ histogram }) => histogram)
    all.push({ labels: labels.flat(), times, values, ...(hasHistograms && { histograms }) })
  }
  return all
}

function plain(timeMs: number, histogram: FloatHistogram): Sample {
  return { timeMs, low: 0, high: 0, histogram }
}

function stale(timeMs: number): Sample {
  return { timeMs, low: STALE_LOW, high: STALE_HIGH, histogram: undefined }
}
