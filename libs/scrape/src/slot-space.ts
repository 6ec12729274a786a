/** A piece of kernel memory; its size is a power of two. */
export interface Slot {
  readonly address: number
  readonly sizeBytes: number
}

/** Gives out slots of a range of kernel memory. Pages cost nothing until they are touched. */
export class SlotSpace {
  readonly #start: number
  readonly #end: number
  readonly #minBytes: number
  #next: number
  #used = 0
  readonly #free = new Map<number, number[]>()

  /** `minBytes`, a power of two, is the size of the smallest slot. */
  constructor(start: number, end: number, minBytes: number) {
    this.#start = start
    this.#end = end
    this.#minBytes = minBytes
    this.#next = start
  }

  /** A slot of at least `sizeBytes`, or undefined when there is none left. Its bytes are what somebody left there. */
  acquire(sizeBytes: number): Slot | undefined {
    let size = this.#minBytes
    while (size < sizeBytes) size *= 2
    const address = this.#free.get(size)?.pop() ?? this.#bump(size) ?? this.#larger(size)
    if (address === undefined) return undefined
    this.#used++
    return { address, sizeBytes: size }
  }

  release({ address, sizeBytes }: Slot): void {
    this.#used--
    if (this.#used === 0 && this.#next > this.#start + (this.#end - this.#start) / 4) {
      // Nobody holds a slot: start over, so that pieces do not stay pieces.
      this.#free.clear()
      this.#next = this.#start
      return
    }
    const free = this.#free.get(sizeBytes)
    if (free) free.push(address)
    else this.#free.set(sizeBytes, [address])
  }

  #bump(size: number): number | undefined {
    if (this.#next + size > this.#end) return undefined
    const address = this.#next
    this.#next += size
    return address
  }

  /** Splits a larger free slot. */
  #larger(size: number): number | undefined {
    for (let from = size * 2; from <= this.#end - this.#start; from *= 2) {
      const address = this.#free.get(from)?.pop()
      if (address === undefined) continue
      for (let half = from / 2; half >= size; half /= 2) {
        const free = this.#free.get(half) ?? []
        free.push(address + half)
        this.#free.set(half, free)
      }
      return address
    }
    return undefined
  }
}
