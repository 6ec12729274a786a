import { CompressError, uncompressSnappy } from '@prom/compress'
import { compareBytes, EMPTY_LABELS, Labels, METRIC_NAME } from '@prom/labels'
import { isValidLabelName, isValidLabelValue, isValidMetricName } from '@prom/model'
import { MessageError, MessageReader } from '@prom/protobuf'
import { AppendError, type Appender, type Exemplar } from '@prom/storage'
import { ColumnReceiver, type WriteHead } from './column-receiver.ts'
import { readHistogram } from './read-histogram.ts'
import { SeriesRefs } from './series-refs.ts'
import { readLabels, WriteRequestWalker, type WriteSink } from './write-request.ts'

/** A body may unpack to this many bytes. */
const UNPACKED_MAX = 32 << 20
/** Samples further ahead than this are refused. */
const AHEAD_MAX_MS = 600_000
export interface ReceiverStorage {
  appender(): Appender
  /** True if the ref still names the series it was given for. */
  isLive(ref: number): boolean
  /** Eight unpredictable bytes. */
  seed(): Uint8Array
  /** For whole requests at once; without, all goes row by row. */
  readonly head?: WriteHead
}

export interface Received {
  /** HTTP status: 204 stored, 400 refused whole, 500 storage failed. */
  readonly status: number
  readonly error: string
  /** The body was sound; what storage said of it is another matter. */
  readonly isDecoded: boolean
  readonly samples: number
  readonly histograms: number
  readonly exemplars: number
  /** Samples and histograms that came without metadata of their own. */
  readonly withoutMetadata: number
  /** Samples of series that were left out for their labels. */
  readonly invalidLabelSamples: number
}

/** Takes remote-write 1.0 bodies, and remembers the series of the last ones. */
export class WriteReceiver {
  readonly #storage: ReceiverStorage
  readonly #refs: SeriesRefs
  readonly #columns: ColumnReceiver | undefined

  constructor(storage: ReceiverStorage) {
    this.#storage = storage
    this.#refs = new SeriesRefs(storage.seed())
    const seed = Uint8Array.of(...storage.seed(), ...storage.seed())
    if (storage.head) this.#columns = new ColumnReceiver(storage.head, seed, seriesLabels)
  }

  /**
   * Stores one body (a snappy block): all of it or, if a sample is refused, nothing. Series with invalid labels are
   * left out and counted.
   */
  receive(body: Uint8Array, nowMs: number): Received {
    try {
      const samples = this.#columns?.receive(body, nowMs + AHEAD_MAX_MS) ?? -1
      if (samples >= 0) return stored({ samples, histograms: 0, exemplars: 0 }, 0)
    } catch (err) {
      return failed(err, 0)
    }
    return this.#receiveRows(body, nowMs)
  }

  /** What is not plain, or wrong: one by one. */
  #receiveRows(body: Uint8Array, nowMs: number): Received {
    const appender = this.#storage.appender()
    let sink: BodySink | undefined
    try {
      const bytes = uncompressSnappy(body, UNPACKED_MAX)
      sink = new BodySink(bytes, appender, this.#storage, this.#refs, nowMs + AHEAD_MAX_MS)
      new WriteRequestWalker(bytes, sink).walk()
      sink.finish()
      appender.commit()
      const { samples, histograms, exemplars } = sink
      return stored({ samples, histograms, exemplars }, sink.invalidLabelSamples)
    } catch (err) {
      appender.rollback()
      return failed(err, sink?.invalidLabelSamples ?? 0)
    }
  }
}

function stored(
  counts: Pick<Received, 'samples' | 'histograms' | 'exemplars'>,
  invalidLabelSamples: number,
): Received {
  const withoutMetadata = counts.samples + counts.histograms
  return {
    status: 204,
    error: '',
    isDecoded: true,
    ...counts,
    withoutMetadata,
    invalidLabelSamples,
  }
}

function failed(err: unknown, invalidLabelSamples: number): Received {
  return {
    status: statusOf(err),
    isDecoded: isDecoded(err),
    error: (err as Error).message,
    ...{ samples: 0, histograms: 0, exemplars: 0, withoutMetadata: 0 },
    invalidLabelSamples,
  }
}

/** Appends one body as it is walked. */
class BodySink implements WriteSink {
  samples = 0
  histograms = 0
  exemplars = 0
  invalidLabelSamples = 0
  readonly #bytes: Buffer
  readonly #appender: Appender
  readonly #storage: ReceiverStorage
  readonly #refs: SeriesRefs
  readonly #view: DataView
  readonly #timeMax: number
  #high = 0
  #low = 0
  #ref = 0
  #isNew = false
  /** Undefined: known by its ref, or left out. */
  #labels: Labels | undefined

  constructor(
    bytes: Uint8Array,
    appender: Appender,
    storage: ReceiverStorage,
    refs: SeriesRefs,
    timeMax: number,
  ) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#appender = appender
    this.#storage = storage
    this.#refs = refs
    this.#timeMax = timeMax
  }

  series(start: number, end: number): void {
    this.finish()
    this.#refs.hash(this.#view, start, end)
    this.#high = this.#refs.high
    this.#low = this.#refs.low
    const known = this.#refs.find(this.#high, this.#low)
    if (known !== 0 && this.#storage.isLive(known)) {
      this.#ref = known
      this.#labels = undefined
      this.#isNew = false
      return
    }
    this.#ref = 0
    this.#isNew = true
    this.#labels = seriesLabels(readLabels(this.#bytes, start, end))
  }

  sample(timeMs: number, value: number, isStale: boolean): void {
    const labels = this.#admit(timeMs)
    if (!labels) return
    this.#ref = isStale
      ? this.#appender.appendStale(this.#ref, labels, timeMs)
      : this.#appender.append(this.#ref, labels, timeMs, value)
    this.samples++
  }

  histogram(bytes: Uint8Array): void {
    const { timeMs, histogram, isStale } = readHistogram(bytes)
    const labels = this.#admit(timeMs)
    if (!labels) return
    this.#ref = isStale
      ? this.#appender.appendStale(this.#ref, labels, timeMs)
      : this.#appender.appendHistogram(this.#ref, labels, timeMs, histogram)
    this.histograms++
  }

  /** An exemplar that storage refuses is left out without a word. */
  exemplar(bytes: Uint8Array): void {
    if (this.#ref === 0) return
    try {
      this.#appender.appendExemplar(this.#ref, EMPTY_LABELS, readExemplar(bytes))
      this.exemplars++
    } catch (err) {
      if (!(err instanceof AppendError)) throw err
    }
  }

  /** The labels to append with (empty when the ref is known); undefined when the series is left out. */
  #admit(timeMs: number): Labels | undefined {
    if (this.#isNew && !this.#labels) {
      this.invalidLabelSamples++
      return undefined
    }
    if (timeMs > this.#timeMax) {
      throw new AppendError('out of bounds', 'out of bounds: timestamp is too far in the future')
    }
    return this.#labels ?? EMPTY_LABELS
  }

  /** Remembers the series that ends here. */
  finish(): void {
    if (!this.#isNew || this.#ref === 0) return
    this.#refs.set(this.#high, this.#low, this.#ref)
    this.#isNew = false
  }
}

/** Undefined for labels the receiver skips: without a name, repeated, or with text that is no UTF-8. */
function seriesLabels(flat: string[]): Labels | undefined {
  let isSorted = true
  let hasName = false
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    const value = flat[i + 1] as string
    if (i > 0 && compareBytes(flat[i - 2] as string, name) >= 0) isSorted = false
    if (value === '') {
      isSorted = false
      continue
    }
    const isMetric = name === METRIC_NAME
    hasName ||= isMetric
    const isValid = isMetric ? isValidMetricName(value) : isValidLabelName(name)
    if (!isValid || !isValidLabelValue(value) || value.includes('\ufffd')) return undefined
  }
  if (!hasName) return undefined
  return isSorted ? Labels.fromSortedFlat(flat) : sortedLabels(flat)
}

function sortedLabels(flat: readonly string[]): Labels | undefined {
  const pairs = new Map<string, string>()
  for (let i = 0; i < flat.length; i += 2) {
    if (pairs.has(flat[i] as string)) return undefined
    pairs.set(flat[i] as string, flat[i + 1] as string)
  }
  return Labels.from(pairs)
}

/** Exemplar { labels 1, value 2, timestamp 3 }. */
function readExemplar(bytes: Uint8Array): Exemplar {
  const reader = new MessageReader(bytes)
  const pairs: [string, string][] = []
  let value = 0
  let timeMs: number | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) {
      const label = reader.message()
      const pair: [string, string] = ['', '']
      for (let part = label.field(); part !== 0; part = label.field()) {
        if (part === 1 || part === 2) pair[part - 1] = label.string()
        else label.skip()
      }
      pairs.push(pair)
    } else if (field === 2) value = reader.double()
    else if (field === 3) timeMs = reader.number()
    else reader.skip()
  }
  return { labels: Labels.from(pairs), value, timeMs }
}

/** Whether an error came after the body had been read. */
export function isDecoded(err: unknown): boolean {
  return !(err instanceof CompressError || err instanceof MessageError)
}

/** The answer's status for what went wrong: 400 if it is the body's fault. */
export function statusOf(err: unknown): number {
  const isRefused =
    err instanceof AppendError || err instanceof CompressError || err instanceof MessageError
  return isRefused ? 400 : 500
}
