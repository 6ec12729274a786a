import { histogramJson } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { printFloat } from '@prom/model'
import type { QueryValue } from './result.ts'

// Each piece owns its memory, so that it can be moved to another thread.
const encoder = new TextEncoder()
const PIECE_CHARACTERS = 1 << 18

const print = (value: number) => printFloat(value, 'json')

/** `{"resultType":...,"result":...}` in pieces of about a quarter of a megabyte. */
export function encodeValue(value: QueryValue, tail = ''): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let text = `{"resultType":"${value.type}","result":`
  const flush = () => {
    pieces.push(encoder.encode(text))
    text = ''
  }
  switch (value.type) {
    case 'scalar':
      text += `[${value.timeMs / 1000},"${printFloat(value.value, 'f')}"]`
      break
    case 'string':
      text += `[${value.timeMs / 1000},${quoteJson(value.value)}]`
      break
    case 'vector': {
      text += '['
      const time = printTime(value.timeMs)
      let separator = ''
      for (const { labels, value: number, histogram } of value.samples) {
        text += `${separator}{"metric":${labelsJson(labels)},`
        text += histogram
          ? `"histogram":[${time},${histogramJson(histogram, print)}]}`
          : `"value":[${time},"${print(number)}"]}`
        separator = ','
        if (text.length > PIECE_CHARACTERS) flush()
      }
      text += ']'
      break
    }
    case 'matrix': {
      text += '['
      const times = new TimeTexts()
      let separator = ''
      for (const series of value.series) {
        text += `${separator}{"metric":${labelsJson(series.labels)}`
        text += pointsJson(series, times.of(series.times))
        text += '}'
        separator = ','
        if (text.length > PIECE_CHARACTERS) flush()
      }
      text += ']'
    }
  }
  text += `${tail}}`
  flush()
  return pieces
}

type Series = Extract<QueryValue, { type: 'matrix' }>['series'][number]

function pointsJson({ values, histograms }: Series, times: readonly string[]): string {
  let floats = ''
  let natives = ''
  for (let i = 0; i < values.length; i++) {
    const histogram = histograms?.[i]
    if (histogram) {
      natives += `${natives === '' ? '' : ','}[${times[i]},${histogramJson(histogram, print)}]`
    } else floats += `${floats === '' ? '[' : ',['}${times[i]},"${print(values[i] as number)}"]`
  }
  let text = ''
  if (floats !== '') text += `,"values":[${floats}]`
  if (natives !== '') text += `,"histograms":[${natives}]`
  return text
}

/** Times of the last column printed: series of one answer mostly share theirs. */
class TimeTexts {
  #times: Float64Array | undefined
  #texts: readonly string[] = []

  of(times: Float64Array): readonly string[] {
    if (times !== this.#times) {
      this.#texts = Array.from(times, printTime)
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
const pairs = new Map<string, string>()

/** `{"a":"b"}`; the texts of pairs are kept, because they come again and again. */
export function labelsJson(labels: Labels): string {
  const flat = labels.flat()
  let text = '{'
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    const value = flat[i + 1] as string
    const key = `${name}\0${value}`
    let pair = pairs.get(key)
    if (pair === undefined) {
      pair = `${quoteJson(name)}:${quoteJson(value)}`
      if (pairs.size >= PAIRS_MAX) pairs.clear()
      pairs.set(key, pair)
    }
    text += i === 0 ? pair : `,${pair}`
  }
  return `${text}}`
}
