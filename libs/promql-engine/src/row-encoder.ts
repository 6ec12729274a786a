import type { Labels } from '@prom/labels'
import { printFloat } from '@prom/model'
import type { LabelPairs } from '@prom/storage'
import { type AnswerMemory, answerMemory, LIST_ENTRIES, POINT_BYTES } from './answer-memory.ts'
import type { ByteWriter } from './byte-writer.ts'
import { LabelTexts, labelsJson } from './label-texts.ts'

/** Rows that the kernel prints at once, and the most they may take. */
const ROWS_MAX = 1024
const ROWS_BYTES_MAX = 1 << 16
/** Series of more pairs are printed from their labels. */
const PAIRS_MAX = 256

/**
 * A list of label sets, or with a time of samples at that time, many at once by the kernel: `[{"a":"b"},...]` or
 * `[{"metric":{"a":"b"},"value":[1,"2"]},...]`.
 */
export class RowEncoder {
  readonly #out: ByteWriter
  readonly #memory: AnswerMemory = answerMemory()
  readonly #texts: LabelTexts = labelTexts()
  readonly #time: string | undefined
  readonly #middleBytes: number
  readonly #pairs = new Uint32Array(PAIRS_MAX)
  #rows = 0
  #entries = 0
  /** What the rows take. */
  #bytes = 0
  #isFirst = true

  /** `time` as it is printed. */
  constructor(out: ByteWriter, time?: string) {
    this.#out = out
    this.#time = time
    const middle = Buffer.from(time === undefined ? '' : `,"value":[${time},"`)
    this.#memory.bytes.set(middle, this.#memory.middleAt)
    this.#middleBytes = middle.length
  }

  add(labels: Labels, value = 0): void {
    if (!this.#texts.put(labels)) {
      this.#makeRoom()
      if (!this.#texts.put(labels)) {
        const print = `,"value":[${this.#time},"${printFloat(value, 'json')}"]}`
        this.byHand(labels, this.#time === undefined ? '' : print)
        return
      }
    }
    const { textAt, textBytes } = labels
    const { list } = this.#memory
    list[this.#entries++] = textBytes === 0 ? 0 : 1
    if (textBytes > 0) {
      list[this.#entries++] = textAt
      list[this.#entries++] = textBytes
    }
    this.#endRow(textBytes, value)
  }

  /** As `add`, for series `index` of those; false if it must be done by its labels. */
  addPairs(pairs: LabelPairs, index: number): boolean {
    const count = pairs.of(index, this.#pairs)
    if (count < 0) return false
    const texts = this.#texts
    if (this.#rows === 0) texts.enterPairs(pairs)
    const { list } = this.#memory
    const from = this.#entries
    let bytes = 0
    let at = from
    list[at++] = count
    for (let i = 0; i < count; i++) {
      const place = texts.putPair(pairs, this.#pairs[i]!)
      if (place < 0) {
        this.#makeRoom()
        return false
      }
      const places = texts.pairPlaces
      const length = places[place + 1]!
      list[at++] = places[place]!
      list[at++] = length
      bytes += length
    }
    // A row has less room than a piece.
    if (bytes > ROWS_BYTES_MAX) return false
    this.#entries = at
    this.#endRow(bytes, 0)
    return true
  }

  /** A row whose part behind the labels is `rest`. */
  byHand(labels: Labels, rest: string): void {
    this.#flush()
    const out = this.#out
    out.ascii(this.#isFirst ? '[' : ',')
    if (this.#time !== undefined) out.ascii('{"metric":')
    out.text(labelsJson(labels))
    out.ascii(rest)
    this.#isFirst = false
  }

  end(): void {
    this.#flush()
    this.#out.ascii(this.#isFirst ? '[]' : ']')
  }

  #makeRoom(): void {
    this.#flush()
    this.#texts.clear()
  }

  #endRow(textBytes: number, value: number): void {
    this.#memory.values[this.#rows++] = value
    this.#bytes += POINT_BYTES + textBytes + this.#middleBytes
    const isFull = this.#rows === ROWS_MAX || this.#bytes > ROWS_BYTES_MAX
    if (isFull || this.#entries > LIST_ENTRIES - 2 * PAIRS_MAX - 1) this.#flush()
  }

  #flush(): void {
    if (this.#rows === 0) return
    const { kernels, listAt, valuesAt, middleAt, powersAt } = this.#memory
    const out = this.#out
    out.reserve(this.#bytes)
    const start = out.at
    const values = this.#time === undefined ? 0 : valuesAt
    const rows = this.#rows
    const size = this.#middleBytes
    out.at = kernels.printRows(listAt, rows, values, middleAt, size, powersAt, start)
    if (this.#isFirst) out.bytes[start] = 0x5b // [
    this.#isFirst = false
    this.#rows = 0
    this.#entries = 0
    this.#bytes = 0
  }
}

let texts: LabelTexts | undefined
/** Those of this thread. */
export function labelTexts(): LabelTexts {
  texts ??= new LabelTexts(answerMemory())
  return texts
}
