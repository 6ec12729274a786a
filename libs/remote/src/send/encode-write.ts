/** Batches as the bodies of remote write 1.0 and 2.0 (spec/wire-formats.md 10 and 11), not yet compressed. */
import { type Batch, ROW_EXEMPLAR, ROW_FLOAT, ROW_FLOAT_HISTOGRAM, type RowExtra } from './batch.ts'
import { ByteSink, int64Size, varintSize } from './byte-sink.ts'
import { encodeHistogram } from './encode-histogram.ts'
import { encodeLabels, type SentSeries, type Text } from './sent-series.ts'

export interface WriteEncoder {
  /** The body of one request; valid until the next call. */
  encode(batch: Batch): Uint8Array
}

/** A WriteRequest: one TimeSeries per row. */
export class WriteEncoder1 implements WriteEncoder {
  readonly #out = new ByteSink()
  readonly #item = new ByteSink()

  encode(batch: Batch): Uint8Array {
    const out = this.#out
    out.clear()
    const { series, times, words, kinds, extras } = batch
    for (let row = 0; row < batch.count; row++) {
      const { labels } = series[row] as SentSeries
      const time = times[row] as number
      const kind = kinds[row] as number
      if (kind === ROW_FLOAT) {
        const itemSize = 9 + 1 + int64Size(time)
        out.reserve(labels.length + 48)
        out.u8(0x0a)
        out.varint(labels.length + 2 + itemSize)
        out.bytes.set(labels, out.length)
        out.length += labels.length
        putSample(out, words[row * 2] as number, words[row * 2 + 1] as number, time, itemSize)
        continue
      }
      const item = this.#item
      item.clear()
      if (kind === ROW_EXEMPLAR) {
        const flat = (extras[row] as RowExtra).exemplar ?? []
        item.raw(encodeLabels(flat))
        putExemplarValue(item, words[row * 2] as number, words[row * 2 + 1] as number, time)
      } else {
        encodeHistogram(item, extras[row]?.histogram, kind === ROW_FLOAT_HISTOGRAM, time)
      }
      out.reserve(labels.length + item.length + 32)
      out.u8(0x0a)
      out.varint(labels.length + 1 + varintSize(item.length) + item.length)
      out.raw(labels)
      out.sized(kind === ROW_EXEMPLAR ? 0x1a : 0x22, item.view())
    }
    return out.view()
  }
}

/** A Request with its table of texts. */
export class WriteEncoder2 implements WriteEncoder {
  readonly #series = new ByteSink()
  readonly #item = new ByteSink()
  readonly #out = new ByteSink()
  #texts: Text[] = []
  /** Texts that no series holds: those of exemplars. */
  readonly #own = new Map<string, Text>()
  #stamp = 0

  encode(batch: Batch): Uint8Array {
    this.#stamp++
    this.#texts = []
    this.#own.clear()
    this.#series.clear()
    for (let row = 0; row < batch.count; row++) this.#put(batch, row)
    const out = this.#out
    out.clear()
    out.reserve(2)
    out.u8(0x22)
    out.u8(0) // Number 0 is the empty text.
    for (const { bytes } of this.#texts) out.sized(0x22, bytes)
    out.raw(this.#series.view())
    return out.view()
  }

  #put(batch: Batch, row: number): void {
    const { texts, metadata } = batch.series[row] as SentSeries
    const time = batch.times[row] as number
    const kind = batch.kinds[row] as number
    const low = batch.words[row * 2] as number
    const high = batch.words[row * 2 + 1] as number
    const item = this.#item
    item.clear()
    item.reserve(texts.length * 5 + 64)
    item.u8(0x0a)
    let refsSize = 0
    for (const text of texts) refsSize += varintSize(this.#indexOf(text))
    item.varint(refsSize)
    for (const text of texts) item.varint(text.index)
    if (kind === ROW_FLOAT) putSample(item, low, high, time, 9 + 1 + int64Size(time))
    else {
      const part = new ByteSink()
      if (kind === ROW_EXEMPLAR)
        this.#putExemplar(part, batch.extras[row]?.exemplar ?? [], low, high, time)
      else encodeHistogram(part, batch.extras[row]?.histogram, kind === ROW_FLOAT_HISTOGRAM, time)
      item.sized(kind === ROW_EXEMPLAR ? 0x22 : 0x1a, part.view())
    }
    item.reserve(32)
    item.u8(0x2a)
    const at = item.length++
    if (metadata) {
      item.u8(0x08)
      item.varint(metadata.type)
      item.u8(0x18)
      item.varint(this.#indexOf(metadata.help))
      item.u8(0x20)
      item.varint(this.#indexOf(metadata.unit))
    }
    item.bytes[at] = item.length - at - 1
    this.#series.sized(0x2a, item.view())
  }

  #putExemplar(
    into: ByteSink,
    flat: readonly string[],
    low: number,
    high: number,
    time: number,
  ): void {
    const indices = flat.map((text) => this.#indexOf(this.#ownText(text)))
    into.reserve(indices.length * 5 + 32)
    into.u8(0x0a)
    into.varint(indices.reduce((sum, index) => sum + varintSize(index), 0))
    for (const index of indices) into.varint(index)
    putExemplarValue(into, low, high, time)
  }

  #ownText(text: string): Text {
    let known = this.#own.get(text)
    if (!known) {
      known = { bytes: Buffer.from(text), index: 0, stamp: 0, uses: 0 }
      this.#own.set(text, known)
    }
    return known
  }

  #indexOf(text: Text): number {
    if (text.bytes.length === 0) {
      text.index = 0
      return 0
    }
    if (text.stamp !== this.#stamp) {
      text.stamp = this.#stamp
      this.#texts.push(text)
      text.index = this.#texts.length
    }
    return text.index
  }
}

/** A Sample as field 2. */
function putSample(out: ByteSink, low: number, high: number, time: number, size: number): void {
  out.u8(0x12)
  out.u8(size)
  out.u8(0x09)
  out.words(low, high)
  out.u8(0x10)
  out.int64(time)
}

/** Value 2 and timestamp 3 of an Exemplar. */
function putExemplarValue(out: ByteSink, low: number, high: number, time: number): void {
  out.reserve(32)
  out.u8(0x11)
  out.words(low, high)
  out.u8(0x18)
  out.int64(time)
}
