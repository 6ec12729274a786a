/** What is to be told to others, each item a limited number of times, those told least first. */
interface Item {
  readonly bytes: Uint8Array
  /** A later item about the same subject replaces this one; empty: never. */
  readonly subject: string
  sent: number
}

export class BroadcastQueue {
  #items: Item[] = []

  get length(): number {
    return this.#items.length
  }

  push(bytes: Uint8Array, subject = ''): void {
    if (subject !== '') this.#items = this.#items.filter((item) => item.subject !== subject)
    this.#items.push({ bytes, subject, sent: 0 })
  }

  /** Messages of at most `sizeMax` bytes together, `overhead` more counted for each. */
  take(sizeMax: number, overhead: number, timesMax: number): Uint8Array[] {
    const taken: Uint8Array[] = []
    let left = sizeMax
    const order = [...this.#items].sort((a, b) => a.sent - b.sent)
    for (const item of order) {
      const size = item.bytes.length + overhead
      if (size > left || taken.length >= 255) continue
      left -= size
      taken.push(item.bytes)
      item.sent++
    }
    if (taken.length > 0) this.#items = this.#items.filter(({ sent }) => sent < timesMax)
    return taken
  }

  /** Keeps the newest; returns how many were dropped. */
  prune(countMax: number): number {
    const dropped = Math.max(0, this.#items.length - countMax)
    this.#items = this.#items.slice(dropped)
    return dropped
  }
}

/** How often each message is repeated, given how many there are to hear it. */
export function transmitLimit(multiplier: number, nodeCount: number): number {
  return multiplier * Math.ceil(Math.log10(nodeCount + 1))
}
