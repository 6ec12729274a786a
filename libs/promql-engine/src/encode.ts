import { histogramJson } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { printFloat } from '@prom/model'
import type { SeriesSet } from '@prom/storage'
import { answerMemory, BATCH, POINT_BYTES } from './answer-memory.ts'
import { ByteWriter, type PieceSink } from './byte-writer.ts'
import { labelsJson, quoteJson } from './label-texts.ts'
import type { QueryValue } from './result.ts'
import { labelTexts, RowEncoder } from './row-encoder.ts'

const print = (value: number) => printFloat(value, 'json')

export interface EncodeOptions {
  /** Members behind `result`: `,"stats":{...}`. */
  readonly tail?: string
  /** Told what each piece takes of memory; what it throws ends the work. */
  readonly onPiece?: (bytes: number) => void
  /** Where the pieces of a long answer go. */
  readonly sink?: PieceSink | undefined
}

/**
 * `{"resultType":...,"result":...}` in pieces of about a quarter of a megabyte. All pieces of an answer of more than one
 * go to the sink, if there is one; then none is returned.
 */
export function encodeValue(value: QueryValue, options: EncodeOptions = {}): Uint8Array[] {
  const { tail = '', onPiece, sink } = options
  const out = new ByteWriter(answerMemory(), sink, onPiece)
  try {
    out.ascii(`{"resultType":"${value.type}","result":`)
    switch (value.type) {
      case 'scalar':
        out.ascii(`[${value.timeMs / 1000},"${printFloat(value.value, 'f')}"]`)
        break
      case 'string':
        out.text(`[${value.timeMs / 1000},${quoteJson(value.value)}]`)
        break
      case 'vector':
        encodeVector(out, value)
        break
      case 'matrix':
        encodeMatrix(out, value)
    }
    out.text(`${tail}}`)
    return out.finish()
  } catch (err) {
    out.drop()
    throw err
  }
}

type Vector = Extract<QueryValue, { type: 'vector' }>
type Matrix = Extract<QueryValue, { type: 'matrix' }>

function encodeVector(out: ByteWriter, { samples, timeMs }: Vector): void {
  const time = printTime(timeMs)
  const rows = new RowEncoder(out, time)
  for (const { labels, value, histogram } of samples) {
    if (histogram) {
      rows.byHand(labels, `,"histogram":[${time},${histogramJson(histogram, print)}]}`)
    } else rows.add(labels, value)
  }
  rows.end()
}

/** Series as `/series` lists them: `[{"a":"b"},...]`; pieces as of `encodeValue`. */
export function encodeLabelSets(
  sets: Pick<SeriesSet, 'length' | 'labels' | 'pairs'>,
  { onPiece, sink }: Pick<EncodeOptions, 'onPiece' | 'sink'> = {},
): Uint8Array[] {
  const out = new ByteWriter(answerMemory(), sink, onPiece)
  try {
    const rows = new RowEncoder(out)
    const { pairs, length } = sets
    for (let i = 0; i < length; i++) {
      if (!pairs || !rows.addPairs(pairs, i)) rows.add(sets.labels(i))
    }
    rows.end()
    return out.finish()
  } catch (err) {
    out.drop()
    throw err
  }
}

function encodeMatrix(out: ByteWriter, { series }: Matrix): void {
  const times = new TimeTexts()
  let open = '[{"metric":'
  for (const one of series) {
    out.ascii(open)
    writeLabels(out, one.labels)
    encodePoints(out, one, times.of(one.times))
    out.ascii('}')
    open = ',{"metric":'
  }
  out.ascii(series.length > 0 ? ']' : '[]')
}

function writeLabels(out: ByteWriter, labels: Labels): void {
  const known = labelTexts()
  if (!known.put(labels)) {
    known.clear()
    if (!known.put(labels)) {
      out.text(labelsJson(labels))
      return
    }
  }
  const { textAt, textBytes } = labels
  if (textBytes === 0) {
    out.ascii('{}')
    return
  }
  out.reserve(textBytes + 1)
  const { bytes } = out
  let { at } = out
  bytes[at++] = 0x7b // {
  const end = textAt + textBytes - 1
  for (let i = textAt; i < end; i++) bytes[at++] = bytes[i]!
  bytes[at++] = 0x7d // }
  out.at = at
}

function encodePoints(
  out: ByteWriter,
  { values, histograms }: Matrix['series'][number],
  times: readonly Uint8Array[],
): void {
  if (!histograms) {
    writePoints(out, values, times)
    return
  }
  let count = 0
  for (let i = 0; i < values.length; i++) {
    if (histograms[i]) continue
    out.ascii(count++ === 0 ? ',"values":[' : ',')
    const time = times[i]!
    out.part(time, 0, time.length)
    out.ascii(`${print(values[i]!)}"]`)
  }
  if (count > 0) out.ascii(']')
  if (count === values.length) return
  let natives = 0
  for (let i = 0; i < values.length; i++) {
    const histogram = histograms[i]
    if (!histogram) continue
    out.ascii(natives++ === 0 ? ',"histograms":[' : ',')
    // The time, without the comma and quote that a float has behind it.
    const time = times[i]!
    out.part(time, 0, time.length - 1)
    out.ascii(`${histogramJson(histogram, print)}]`)
  }
  out.ascii(']')
}

/** So many points at least have room when the kernel is called. */
const POINTS_MIN = 32

/** Points without histograms, by the kernel. */
function writePoints(out: ByteWriter, values: Float64Array, times: readonly Uint8Array[]): void {
  const count = values.length
  if (count === 0) return
  out.ascii(',"values":[')
  const memory = answerMemory()
  const { kernels, valuesAt, timesAt, powersAt } = memory
  for (let base = 0; base < count; base += BATCH) {
    const end = Math.min(base + BATCH, count)
    memory.setTimes(times, base)
    memory.values.set(end - base === count ? values : values.subarray(base, end))
    for (let from = base; from < end; ) {
      const left = end - from
      out.reserve(Math.min(left, POINTS_MIN) * POINT_BYTES)
      const some = Math.min(left, Math.floor(out.room / POINT_BYTES))
      const skipped = from - base
      const sources = [valuesAt + skipped * 8, timesAt + skipped * 32] as const
      out.at = kernels.printPoints(sources[0], some, sources[1], powersAt, out.at)
      from += some
    }
  }
  out.bytes[out.at - 1] = 0x5d // The last point has no comma behind it.
}

/** Times of the last column printed, each with `[` before and `,"` behind it: series of one answer mostly share theirs. */
class TimeTexts {
  #times: Float64Array | undefined
  #texts: readonly Uint8Array[] = []

  of(times: Float64Array): readonly Uint8Array[] {
    if (times !== this.#times) {
      this.#texts = Array.from(times, (time) => Buffer.from(`[${printTime(time)},"`))
      this.#times = times
    }
    return this.#texts
  }
}

/** Seconds, with all three places if there is a fraction. */
export function printTime(ms: number): string {
  const whole = Math.floor(Math.abs(ms) / 1000)
  const rest = Math.abs(ms) % 1000
  const sign = ms < 0 ? '-' : ''
  return rest === 0 ? `${sign}${whole}` : `${sign}${whole}.${String(rest).padStart(3, '0')}`
}
