import { MessageError } from '@prom/protobuf'

const STALE_HIGH = 0x7ff00000
const STALE_LOW = 2
const LABELS = 0x0a
const SAMPLES = 0x12
const EXEMPLARS = 0x1a
const HISTOGRAMS = 0x22

/** What the request's series and samples are handed to; offsets are into the body. */
export interface WriteSink {
  /**
   * A series begins. Its labels are the Label messages between `start` and `end`, keys included, as
   * `readLabels` reads them; usually in one piece, which serves as the key of the series.
   */
  series(start: number, end: number): void
  sample(timeMs: number, value: number, isStale: boolean): void
  /** A Histogram message of the series, as its bytes. */
  histogram(bytes: Uint8Array): void
  /** An Exemplar message of the series; told after its samples. */
  exemplar(bytes: Uint8Array): void
}

/**
 * Walks a remote-write 1.0 WriteRequest without making objects of it. Throws MessageError on broken input; what the
 * sink was told until then is then to be forgotten.
 */
export class WriteRequestWalker {
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #sink: WriteSink
  #at = 0

  constructor(bytes: Uint8Array, sink: WriteSink) {
    const { buffer, byteOffset, byteLength } = bytes
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength)
    this.#view = new DataView(buffer, byteOffset, byteLength)
    this.#sink = sink
  }

  walk(): void {
    const end = this.#bytes.length
    while (this.#at < end) {
      const key = this.#varint()
      if (key === LABELS) this.#series(this.#length(end))
      else this.#skip(key, end)
    }
  }

  #series(end: number): void {
    const start = this.#at
    // Labels come first from every sender there is; others are found by looking twice.
    let labelsEnd = start
    while (this.#at < end && this.#bytes[this.#at] === LABELS) {
      this.#at++
      this.#at = this.#length(end)
      labelsEnd = this.#at
    }
    this.#sink.series(start, this.#hasLabelsLater(end) ? end : labelsEnd)
    let exemplarsAt: number[] | undefined
    while (this.#at < end) {
      const key = this.#varint()
      if (key === SAMPLES) this.#sample(this.#length(end))
      else if (key === HISTOGRAMS) {
        const to = this.#length(end)
        this.#sink.histogram(this.#bytes.subarray(this.#at, to))
        this.#at = to
      } else if (key === EXEMPLARS) {
        const to = this.#length(end)
        exemplarsAt ??= []
        exemplarsAt.push(this.#at, to)
        this.#at = to
      } else this.#skip(key, end)
    }
    if (!exemplarsAt) return
    for (let i = 0; i < exemplarsAt.length; i += 2) {
      this.#sink.exemplar(this.#bytes.subarray(exemplarsAt[i], exemplarsAt[i + 1]))
    }
  }

  #hasLabelsLater(end: number): boolean {
    const from = this.#at
    let isFound = false
    while (this.#at < end && !isFound) {
      const key = this.#varint()
      isFound = key === LABELS
      this.#skip(key, end)
    }
    this.#at = from
    return isFound
  }

  #sample(end: number): void {
    let value = 0
    let timeMs = 0
    let isStale = false
    while (this.#at < end) {
      const key = this.#varint()
      if (key === 0x09) {
        if (this.#at + 8 > end) throw new MessageError('unexpected EOF')
        value = this.#view.getFloat64(this.#at, true)
        isStale =
          this.#view.getUint32(this.#at + 4, true) === STALE_HIGH &&
          this.#view.getUint32(this.#at, true) === STALE_LOW
        this.#at += 8
      } else if (key === 0x10) timeMs = this.#int64()
      else this.#skip(key, end)
    }
    this.#sink.sample(timeMs, value, isStale)
  }

  /** Reads a length; returns where what has it ends, which is not beyond `end`. */
  #length(end: number): number {
    const to = this.#varint() + this.#at
    if (to > end) throw new MessageError('unexpected EOF')
    return to
  }

  #skip(key: number, end: number): void {
    switch (key & 7) {
      case 0:
        this.#int64()
        break
      case 1:
        this.#at += 8
        break
      case 2:
        this.#at = this.#length(end)
        break
      case 5:
        this.#at += 4
        break
      default:
        throw new MessageError(`proto: illegal wireType ${key & 7}`)
    }
    if (this.#at > end) throw new MessageError('unexpected EOF')
  }

  /** Below 2^53; for keys and lengths. */
  #varint(): number {
    const bytes = this.#bytes
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = bytes[this.#at++]
      if (byte === undefined) throw new MessageError('unexpected EOF')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new MessageError('proto: integer overflow')
  }

  /** Any int64; beyond 2^53 rounded. */
  #int64(): number {
    const bytes = this.#bytes
    let low = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = bytes[this.#at++]
      if (byte === undefined) throw new MessageError('unexpected EOF')
      if (i < 7) low += (byte & 127) * scale
      else if (i === 9 && byte === 1) return this.#negative()
      else low += (byte & 127) * scale
      if (byte < 128) return low
      scale *= 128
    }
    throw new MessageError('proto: integer overflow')
  }

  /** The ten bytes before `at` as a negative number. */
  #negative(): number {
    let value = 0n
    for (let i = 0; i < 10; i++) {
      value |= BigInt((this.#bytes[this.#at - 10 + i] as number) & 127) << BigInt(i * 7)
    }
    return Number(BigInt.asIntN(64, value))
  }
}

/** The labels in a piece that `WriteSink.series` named: flat pairs as sent, maybe unsorted, repeated or empty. */
export function readLabels(bytes: Buffer, start: number, end: number): string[] {
  const labels: string[] = []
  let at = start
  const length = () => {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = bytes[at++] as number
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }
  while (at < end) {
    const key = length()
    const size = length()
    if (key !== LABELS) {
      at += size
      continue
    }
    const to = at + size
    const pair = ['', '']
    while (at < to) {
      const field = length()
      if ((field & 7) !== 2 || at > to) throw new MessageError('proto: wrong wireType')
      const from = at
      const width = length()
      const textEnd = at + width
      if (textEnd > to || from > to) throw new MessageError('unexpected EOF')
      if (field === 0x0a || field === 0x12) pair[field >> 4] = bytes.toString('utf8', at, textEnd)
      at = textEnd
    }
    labels.push(...pair)
  }
  return labels
}
