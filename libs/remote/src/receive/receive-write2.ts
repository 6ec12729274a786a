import { uncompressSnappy } from '@prom/compress'
import { EMPTY_LABELS, Labels, METRIC_NAME } from '@prom/labels'
import { isValidLabelName, isValidLabelValue, isValidMetricName } from '@prom/model'
import { AppendError, type Appender } from '@prom/storage'
import { readHistogram } from './read-histogram.ts'
import { isDecoded, type Received, type ReceiverStorage, statusOf } from './receive-write.ts'
import { SeriesRefs } from './series-refs.ts'
import { Request2 } from './write2-request.ts'

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
  readonly #known: SeriesRefs
  /** Hashes of the texts of a request. */
  #highs = new Int32Array(4096)
  #lows = new Int32Array(4096)

  constructor(storage: ReceiverStorage) {
    this.#storage = storage
    this.#known = new SeriesRefs(storage.seed())
  }

  /** Stores one body, a snappy block. */
  receive(body: Uint8Array, nowMs: number): Received {
    const appender = this.#storage.appender()
    const state = new RequestState(nowMs + AHEAD_MAX_MS)
    try {
      const request = new Request2(uncompressSnappy(body, UNPACKED_MAX))
      this.#hashSymbols(request)
      for (let i = 0; i < request.series.count; i++) {
        request.readSeries(i)
        this.#take(request, appender, state)
      }
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

  #hashSymbols({ symbols, view }: Request2): void {
    const { count } = symbols
    if (count > this.#highs.length) {
      this.#highs = new Int32Array(count * 2)
      this.#lows = new Int32Array(count * 2)
    }
    for (let i = 0; i < count; i++) {
      this.#known.hash(view, symbols.start(i), symbols.end(i))
      this.#highs[i] = this.#known.high
      this.#lows[i] = this.#known.low
    }
  }

  #take(request: Request2, appender: Appender, state: RequestState): void {
    const { refs, refCount, samples, histograms } = request
    if (!areRefsGood(request)) {
      state.refuse(refsProblem(request))
      return
    }
    this.#known.combine(refs, refCount, this.#highs, this.#lows)
    const { high, low } = this.#known
    const known = this.#known.find(high, low)
    let ref = known !== 0 && this.#storage.isLive(known) ? known : 0
    let labels: Labels | undefined
    if (ref === 0 || samples.count + histograms.count === 0) {
      labels = labelsOf(request)
      const problem = labelsProblem(labels)
      if (problem !== undefined) {
        state.invalidLabelSamples += samples.count + histograms.count
        state.refuse(problem)
        return
      }
    }
    if (samples.count + histograms.count === 0) {
      const text = 'TimeSeries must contain at least one sample or histogram for series'
      state.refuse(`${text} ${labels?.toString()}`)
      return
    }
    const takenBefore = state.samples + state.histograms
    for (let i = 0; i < samples.count; i++) {
      request.readSample(i)
      const { timeMs, value, isStale } = request
      try {
        state.checkTime(timeMs)
        ref = isStale
          ? appender.appendStale(ref, labels ?? EMPTY_LABELS, timeMs)
          : appender.append(ref, labels ?? EMPTY_LABELS, timeMs, value)
        state.samples++
      } catch (err) {
        state.refuseRow(err, request)
      }
    }
    for (let i = 0; i < histograms.count; i++) {
      const bytes = request.bytes.subarray(histograms.start(i), histograms.end(i))
      const { timeMs, histogram, isStale } = readHistogram(bytes)
      try {
        state.checkTime(timeMs)
        ref = isStale
          ? appender.appendStale(ref, labels ?? EMPTY_LABELS, timeMs)
          : appender.appendHistogram(ref, labels ?? EMPTY_LABELS, timeMs, histogram)
        state.histograms++
      } catch (err) {
        state.refuseRow(err, request)
      }
    }
    if (ref !== 0 && ref !== known) this.#known.set(high, low, ref)
    const taken = state.samples + state.histograms - takenBefore
    const { type, helpRef, unitRef } = request
    if (ref !== 0 && (type !== 0 || helpRef !== 0 || unitRef !== 0)) {
      appender.setMetadata(ref, labels ?? EMPTY_LABELS, {
        type: TYPES[type] ?? 'unknown',
        help: textAt(request, helpRef),
        unit: textAt(request, unitRef),
      })
    } else state.withoutMetadata += taken
    if (ref !== 0 && request.exemplars.count > 0) {
      this.#takeExemplars(request, ref, appender, state, labels ?? labelsOf(request))
    }
  }

  #takeExemplars(
    request: Request2,
    ref: number,
    appender: Appender,
    state: RequestState,
    series: Labels,
  ): void {
    for (let i = 0; i < request.exemplars.count; i++) {
      request.readExemplar(i)
      if (!areRefsGood(request)) {
        state.refuse(refsProblem(request).replace('for series', 'for exemplar'))
        continue
      }
      const { value, timeMs } = request
      try {
        appender.appendExemplar(ref, EMPTY_LABELS, { labels: labelsOf(request), value, timeMs })
        state.exemplars++
      } catch (err) {
        // Compat: of exemplars only those out of order are told.
        if (!(err instanceof AppendError)) throw err
        if (err.reason === 'out of order exemplar') {
          state.refuse(`${err.message} for series ${series.toString()}`)
        }
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

  /** Tells of a row that storage refused; throws what is no refusal. */
  refuseRow(err: unknown, request: Request2): void {
    if (!(err instanceof AppendError)) throw err
    this.refuse(`${err.message} for series ${labelsOf(request).toString()}`)
  }

  counts() {
    const { samples, histograms, exemplars, withoutMetadata, invalidLabelSamples } = this
    return { samples, histograms, exemplars, withoutMetadata, invalidLabelSamples }
  }
}

function areRefsGood({ refs, refCount, symbols }: Request2): boolean {
  if (refCount % 2 !== 0) return false
  for (let i = 0; i < refCount; i++) if ((refs[i] as number) >= symbols.count) return false
  return true
}

function refsProblem({ refs, refCount, symbols }: Request2): string {
  const about = `parsing labels for series [${refs.subarray(0, refCount).join(' ')}]: `
  if (refCount % 2 !== 0) return `${about}invalid labelRefs length ${refCount}`
  const size = symbols.count
  let i = 0
  while ((refs[i] as number) < size && (refs[i + 1] as number) < size) i += 2
  return `${about}labelRefs ${refs[i]} (name) = ${refs[i + 1]} (value) outside of symbols table (size ${size})`
}

/** As sent, sorted by name; repeated names and bad texts are still there. */
function labelsOf(request: Request2): Labels {
  const { refs, refCount } = request
  const pairs: [string, string][] = []
  for (let i = 0; i < refCount; i += 2) {
    const value = request.symbol(refs[i + 1] as number)
    if (value !== '') pairs.push([request.symbol(refs[i] as number), value])
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

function textAt(request: Request2, ref: number): string {
  return ref < request.symbols.count ? request.symbol(ref) : ''
}
