import { WRITE_ENTRY } from '@prom/kernels'

const WORDS = WRITE_ENTRY.sizeBytes / 4
const SIZE_AT_FIRST = 64 << 10

/**
 * Refs of series by 64-bit hashes of their labels as sent, in kernel memory, where `readWriteRequest` looks them up.
 * When full, it starts over.
 */
export class RefHashes {
  readonly #u32: Uint32Array
  readonly #start: number
  readonly #sizeMax: number
  readonly #isLive: (ref: number) => boolean
  #sizeBytes = 0
  #entries = 0

  /** The table moves up as it grows: one of a size lies that far from the region's start. */
  constructor(
    buffer: ArrayBufferLike,
    region: { readonly address: number; readonly sizeBytes: number },
    isLive: (ref: number) => boolean,
  ) {
    this.#isLive = isLive
    this.#u32 = new Uint32Array(buffer)
    this.#start = region.address
    this.#sizeMax = 2 ** Math.floor(Math.log2(region.sizeBytes / 2))
    this.#open(Math.min(SIZE_AT_FIRST, this.#sizeMax))
  }

  get address(): number {
    return this.#start + this.#sizeBytes
  }

  /** Of the table as it is now. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Slots less one. */
  get mask(): number {
    return this.#sizeBytes / WRITE_ENTRY.sizeBytes - 1
  }

  set(low: number, high: number, ref: number): void {
    if (this.#entries * 3 > this.mask * 2) this.#grow()
    this.#put(low, high, ref)
  }

  clear(): void {
    this.#open(Math.min(SIZE_AT_FIRST, this.#sizeMax))
  }

  #put(low: number, high: number, ref: number): void {
    const u32 = this.#u32
    const { mask } = this
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = (this.address >>> 2) + slot * WORDS
      const isFree = u32[at + 2] === 0
      if (!isFree && (u32[at] !== low || u32[at + 1] !== high)) continue
      if (isFree) this.#entries++
      u32[at] = low
      u32[at + 1] = high
      u32[at + 2] = ref
      return
    }
  }

  /** Makes room: what storage has forgotten goes, and if that is not enough the table doubles. */
  #grow(): void {
    const u32 = this.#u32
    const from = this.address >>> 2
    const to = from + this.#sizeBytes / 4
    const live = new Uint32Array(this.#entries * 3)
    let count = 0
    for (let at = from; at < to; at += WORDS) {
      const ref = u32[at + 2] as number
      if (ref === 0 || !this.#isLive(ref)) continue
      live[count++] = u32[at] as number
      live[count++] = u32[at + 1] as number
      live[count++] = ref
    }
    const isCrowded = count > this.mask
    if (isCrowded && this.#sizeBytes >= this.#sizeMax) {
      this.clear()
      return
    }
    this.#open(isCrowded ? this.#sizeBytes * 2 : this.#sizeBytes)
    for (let i = 0; i < count; i += 3) {
      this.#put(live[i] as number, live[i + 1] as number, live[i + 2] as number)
    }
  }

  #open(sizeBytes: number): void {
    this.#sizeBytes = sizeBytes
    this.#entries = 0
    const at = this.address >>> 2
    this.#u32.fill(0, at, at + sizeBytes / 4)
  }
}
