import { takeVarbit } from './bit-codes.ts'
import type { BitReader } from './bit-stream.ts'

/** Start times of the chunk encodings 4 to 6: spec/storage-formats.md 4.3. 0 = none. */
export class StartTimes {
  readonly #isKnown: boolean
  /** First sample with a field of its own, 0 = never. */
  readonly #changeOn: number
  #difference = 0
  startMs = 0

  constructor(header: number) {
    this.#isKnown = (header & 0x80) !== 0
    this.#changeOn = header & 0x7f
  }

  /** Reads what follows sample `index`, at `timeMs`; `timeBeforeMs` is that of the sample before. */
  take(bits: BitReader, index: number, timeMs: number, timeBeforeMs: number): void {
    if (index === 0) {
      if (this.#isKnown) this.startMs = timeMs - bits.varint()
      return
    }
    if (this.#changeOn === 0 || index < this.#changeOn) return
    this.#difference = takeVarbit(bits) + (index === this.#changeOn ? 0 : this.#difference)
    this.startMs = timeBeforeMs - this.#difference
  }
}
