import { uncompressSnappy } from '@prom/compress'
import { EMPTY_LABELS, Labels, METRIC_NAME } from '@prom/labels'
import { isValidLabelName, isValidLabelValue, isValidMetricName } from '@prom/model'
import { AppendError, type Appender } from '@prom/storage'
import { KnownSeries } from './known-series.ts'
import { readHistogram } from './read-histogram.ts'
import { isDecoded, type Received, type ReceiverStorage, statusOf } from './receive-write.ts'
import {
  type Metadata2,
  readExemplar2,
  readRequest2,
  readSample2,
  readSeries2,
  type Series2,
} from './write2-request.ts'

const UNPACKED_MAX = 32 << 20
const AHEAD_MAX_MS = 600_000
/** Texts of one answer; a request may have more refused samples than anyone reads. */
const ERRORS_MAX = 1000

const TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const

/** Takes remote-write 2.0 bodies: what is right of a request is stored, what is wrong is told. */
export class WriteReceiver2 {
  readonly #storage: ReceiverStorage
  readonly #known = new KnownSeries()

  constructor(storage: ReceiverStorage) {
    this.#storage = storage
  }

  /** Stores one body, a snappy block. */
  receive(body: Uint8Array, nowMs: number): Received {
    const appender = this.#storage.appender()
    const state = new RequestState(nowMs + AHEAD_MAX_MS)
    try {
      const { symbols, series } = readRequest2(uncompressSnappy(body, UNPACKED_MAX))
      const numbers = this.#known.number(symbols)
      for (const bytes of series) this.#take(readSeries2(bytes), symbols, numbers, appender, state)
      appender.commit()
    } catch (err) {
      appender.rollback()
      const { invalidLabelSamples } = state
      const none = { samples: 0, histograms: 0, exemplars: 0, withoutMetadata: 0 }
      const error = (err as Error).message
      const outcome = { status: statusOf(err), error, isDecoded: isDecoded(err) }
      return { ...none, ...outcome, invalidLabelSamples }
    }
    const { errors } = state
    const status = errors.length > 0 ? 400 : 204
    return { ...state.counts(), status, error: errors.join('\n'), isDecoded: true }
  }

  #take(
    series: Series2,
    symbols: readonly Uint8Array[],
    numbers: Uint32Array,
    appender: Appender,
    state: RequestState,
  ): void {
    const { refs, samples, histograms, exemplars, metadata } = series
    const badRefs = refsProblem(refs, symbols.length)
    if (badRefs !== undefined) {
      state.refuse(badRefs)
      return
    }
    const known = this.#known.find(refs, numbers)
    let ref = known !== 0 && this.#storage.isLive(known) ? known : 0
    let labels: Labels | undefined
    const print = () => {
      labels ??= labelsOf(refs, symbols)
      return labels.toString()
    }
    if (ref === 0) {
      labels = labelsOf(refs, symbols)
      const problem = labelsProblem(labels)
      if (problem !== undefined) {
        state.invalidLabelSamples += samples.length + histograms.length
        state.refuse(problem)
        return
      }
    }
    if (samples.length + histograms.length === 0) {
      state.refuse(`TimeSeries must contain at least one sample or histogram for series ${print()}`)
      return
    }
    const row = (append: (ref: number, labels: Labels) => number): boolean =>
      state.attempt(print, () => {
        ref = append(ref, labels ?? EMPTY_LABELS)
      })
    const takenBefore = state.samples + state.histograms
    for (const bytes of samples) {
      const { timeMs, value, isStale } = readSample2(bytes)
      const isTaken = row((at, own) => {
        state.checkTime(timeMs)
        return isStale
          ? appender.appendStale(at, own, timeMs)
          : appender.append(at, own, timeMs, value)
      })
      if (isTaken) state.samples++
    }
    for (const bytes of histograms) {
      const { timeMs, histogram, isStale } = readHistogram(bytes)
      const isTaken = row((at, own) => {
        state.checkTime(timeMs)
        return isStale
          ? appender.appendStale(at, own, timeMs)
          : appender.appendHistogram(at, own, timeMs, histogram)
      })
      if (isTaken) state.histograms++
    }
    if (ref !== 0 && ref !== known) this.#known.note(refs, numbers, ref)
    this.#takeExemplars(exemplars, symbols, ref, appender, state, print)
    const taken = state.samples + state.histograms - takenBefore
    if (metadata && isTelling(metadata)) {
      const { type, helpRef, unitRef } = metadata
      appender.setMetadata(ref, labels ?? EMPTY_LABELS, {
        type: TYPES[type] ?? 'unknown',
        help: textAt(symbols, helpRef),
        unit: textAt(symbols, unitRef),
      })
    } else state.withoutMetadata += taken
  }

  #takeExemplars(
    exemplars: readonly Uint8Array[],
    symbols: readonly Uint8Array[],
    ref: number,
    appender: Appender,
    state: RequestState,
    print: () => string,
  ): void {
    if (ref === 0) return
    for (const bytes of exemplars) {
      const { refs, value, timeMs } = readExemplar2(bytes)
      const problem = refsProblem(refs, symbols.length)
      if (problem !== undefined) {
        state.refuse(problem.replace('for series', 'for exemplar'))
        continue
      }
      const labels = labelsOf(refs, symbols)
      try {
        appender.appendExemplar(ref, EMPTY_LABELS, { labels, value, timeMs })
        state.exemplars++
      } catch (err) {
        // Compat: of exemplars only those out of order are told.
        if (!(err instanceof AppendError)) throw err
        if (err.reason === 'out of order exemplar')
          state.refuse(`${err.message} for series ${print()}`)
      }
    }
  }
}

/** What one request has come to so far. */
class RequestState {
  samples = 0
  histograms = 0
  exemplars = 0
  withoutMetadata = 0
  invalidLabelSamples = 0
  readonly errors: string[] = []
  readonly #timeMax: number

  constructor(timeMax: number) {
    this.#timeMax = timeMax
  }

  refuse(text: string): void {
    if (this.errors.length < ERRORS_MAX) this.errors.push(text)
  }

  checkTime(timeMs: number): void {
    if (timeMs <= this.#timeMax) return
    throw new AppendError('out of bounds', 'out of bounds: timestamp is too far in the future')
  }

  /** False if storage refused the row, which is then told. */
  attempt(print: () => string, append: () => void): boolean {
    try {
      append()
      return true
    } catch (err) {
      if (!(err instanceof AppendError)) throw err
      this.refuse(`${err.message} for series ${print()}`)
      return false
    }
  }

  counts() {
    const { samples, histograms, exemplars, withoutMetadata, invalidLabelSamples } = this
    return { samples, histograms, exemplars, withoutMetadata, invalidLabelSamples }
  }
}

function refsProblem(refs: readonly number[], size: number): string | undefined {
  const about = `parsing labels for series [${refs.join(' ')}]: `
  if (refs.length % 2 !== 0) return `${about}invalid labelRefs length ${refs.length}`
  for (let i = 0; i < refs.length; i += 2) {
    const name = refs[i] as number
    const value = refs[i + 1] as number
    if (name < size && value < size && name >= 0 && value >= 0) continue
    return `${about}labelRefs ${name} (name) = ${value} (value) outside of symbols table (size ${size})`
  }
  return undefined
}

/** As sent, sorted by name; repeated names and bad texts are still there. */
function labelsOf(refs: readonly number[], symbols: readonly Uint8Array[]): Labels {
  const pairs: [string, string][] = []
  for (let i = 0; i < refs.length; i += 2) {
    const value = textAt(symbols, refs[i + 1] as number)
    if (value !== '') pairs.push([textAt(symbols, refs[i] as number), value])
  }
  const names = new Set(pairs.map(([name]) => name))
  if (names.size === pairs.length) return Labels.from(pairs)
  pairs.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return Labels.fromSortedFlat(pairs.flat())
}

function labelsProblem(labels: Labels): string | undefined {
  const name = labels.get(METRIC_NAME)
  let isValid = name !== '' && isValidMetricName(name)
  let repeated: string | undefined
  for (let i = 0; i < labels.size; i++) {
    const value = labels.valueAt(i)
    isValid &&= isValidLabelName(labels.nameAt(i)) && isValidLabelValue(value)
    isValid &&= !value.includes('\ufffd')
    if (i > 0 && labels.nameAt(i) === labels.nameAt(i - 1)) repeated ??= labels.nameAt(i)
  }
  if (!isValid) return `invalid metric name or labels, got ${labels.toString()}`
  if (repeated === undefined) return undefined
  return `invalid labels for series, labels ${labels.toString()}, duplicated label ${repeated}`
}

function isTelling({ type, helpRef, unitRef }: Metadata2): boolean {
  return type !== 0 || helpRef !== 0 || unitRef !== 0
}

function textAt(symbols: readonly Uint8Array[], ref: number): string {
  const bytes = symbols[ref]
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') : ''
}
