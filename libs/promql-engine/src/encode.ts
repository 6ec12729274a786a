import { histogramJson } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { printFloat } from '@prom/model'
import { ByteWriter } from './byte-writer.ts'
import { BATCH, FloatPrinter, TEXT_MAX } from './float-printer.ts'
import type { QueryValue } from './result.ts'

const print = (value: number) => printFloat(value, 'json')

/**
 * `{"resultType":...,"result":...}` in pieces of about a quarter of a megabyte. `onPiece` is told the size of each;
 * what it throws ends the work.
 */
export function encodeValue(
  value: QueryValue,
  tail = '',
  onPiece?: (bytes: number) => void,
): Uint8Array[] {
  const out = new ByteWriter(onPiece)
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
}

type Vector = Extract<QueryValue, { type: 'vector' }>
type Matrix = Extract<QueryValue, { type: 'matrix' }>

function encodeVector(out: ByteWriter, { samples, timeMs }: Vector): void {
  const time = printTime(timeMs)
  const isLong = samples.length >= LONG_FROM
  const values = new Float64Array(isLong ? Math.min(BATCH, samples.length) : 0)
  let open = '[{"metric":'
  for (let i = 0; i < samples.length; i++) {
    if (isLong && i % BATCH === 0) {
      const count = Math.min(BATCH, samples.length - i)
      for (let k = 0; k < count; k++) values[k] = samples[i + k]!.value
      floats().printColumn(values, count)
    }
    const { labels, value, histogram } = samples[i]!
    out.ascii(open)
    out.text(labelsJson(labels))
    open = ',{"metric":'
    if (histogram) {
      out.ascii(`,"histogram":[${time},${histogramJson(histogram, print)}]}`)
      continue
    }
    out.ascii(',"value":[')
    out.ascii(time)
    out.ascii(',"')
    if (isLong) {
      const at = i % BATCH
      const { bytes, ends } = floats()
      out.part(bytes, at === 0 ? 0 : ends[at - 1]!, ends[at]!)
    } else writeFloat(out, value)
    out.ascii('"]}')
  }
  out.ascii(samples.length > 0 ? ']' : '[]')
}

/** From so many floats on the kernel is worth its while. */
const LONG_FROM = 16

let printer: FloatPrinter | undefined
/** Made when there is something to print. */
function floats(): FloatPrinter {
  printer ??= new FloatPrinter()
  return printer
}

function encodeMatrix(out: ByteWriter, { series }: Matrix): void {
  const times = new TimeTexts()
  let open = '[{"metric":'
  for (const one of series) {
    out.ascii(open)
    out.text(labelsJson(one.labels))
    encodePoints(out, one, times.of(one.times))
    out.ascii('}')
    open = ',{"metric":'
  }
  out.ascii(series.length > 0 ? ']' : '[]')
}

function encodePoints(
  out: ByteWriter,
  { values, histograms }: Matrix['series'][number],
  times: readonly Uint8Array[],
): void {
  if (!histograms && values.length >= LONG_FROM && times[0]!.length <= TEXT_MAX) {
    writePoints(out, values, times)
    return
  }
  let count = 0
  for (let i = 0; i < values.length; i++) {
    if (histograms?.[i]) continue
    out.ascii(count++ === 0 ? ',"values":[' : ',')
    out.bytes(times[i]!)
    writeFloat(out, values[i]!)
    out.ascii('"]')
  }
  if (count > 0) out.ascii(']')
  if (!histograms || count === values.length) return
  let natives = 0
  for (let i = 0; i < values.length; i++) {
    const histogram = histograms[i]
    if (!histogram) continue
    out.ascii(natives++ === 0 ? ',"histograms":[' : ',')
    // The time, without the comma and quote that a float has behind it.
    out.bytes(times[i]!.subarray(0, -1))
    out.ascii(`${histogramJson(histogram, print)}]`)
  }
  out.ascii(']')
}

/** Points without histograms, by the kernel. */
function writePoints(out: ByteWriter, values: Float64Array, times: readonly Uint8Array[]): void {
  out.ascii(',"values":[')
  const printed = floats()
  for (let from = 0; from < values.length; from += BATCH) {
    const to = Math.min(from + BATCH, values.length)
    const size = printed.printPoints(values, times, from, to)
    // The last point has no comma behind it.
    out.part(printed.bytes, 0, to === values.length ? size - 1 : size)
  }
  out.ascii(']')
}

const DIGITS_MAX = 999_999_999

/** A float as in a sample, without quotes. */
function writeFloat(out: ByteWriter, value: number): void {
  if (value >= 1 && value <= DIGITS_MAX && value === Math.trunc(value)) {
    out.digits(value)
    return
  }
  const size = Math.abs(value)
  // Where JavaScript prints as Go does.
  out.ascii(size >= 1e-6 && size < 1e21 ? `${value}` : print(value))
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

const ESCAPED = /[<>&\u2028\u2029]/g

/** A JSON string as Go's encoder writes it. */
export function quoteJson(text: string): string {
  const json = JSON.stringify(text)
  if (!/[<>&\u2028\u2029\\]/.test(json)) return json
  return json
    .replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/\\ud[89a-f][0-9a-f]{2}/g, '\\ufffd')
}

const PAIRS_MAX = 20_000
/** JSON of label pairs by value, by name: they come again and again. */
const pairs = new Map<string, Map<string, string>>()
let pairCount = 0

function pairJson(name: string, value: string): string {
  let byValue = pairs.get(name)
  if (!byValue) {
    byValue = new Map()
    pairs.set(name, byValue)
  }
  let pair = byValue.get(value)
  if (pair === undefined) {
    pair = `${quoteJson(name)}:${quoteJson(value)}`
    if (++pairCount > PAIRS_MAX) {
      pairs.clear()
      pairCount = 0
    } else byValue.set(value, pair)
  }
  return pair
}

/** `{"a":"b"}`. */
export function labelsJson(labels: Labels): string {
  const flat = labels.flat()
  let text = '{'
  for (let i = 0; i < flat.length; i += 2) {
    const pair = pairJson(flat[i] as string, flat[i + 1] as string)
    text += i === 0 ? pair : `,${pair}`
  }
  return `${text}}`
}
