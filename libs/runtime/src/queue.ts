/**
 * A bounded queue between events and a loop. When full, `push` refuses, or with `dropOldest` lets the oldest
 * item go; either way the caller learns it and counts it.
 */
export class Queue<T> {
  readonly capacity: number
  readonly #isDroppingOldest: boolean
  #items: T[] = []
  #wake: (() => void) | undefined

  constructor(capacity: number, options: { readonly dropOldest?: boolean } = {}) {
    this.capacity = capacity
    this.#isDroppingOldest = options.dropOldest ?? false
  }

  get length(): number {
    return this.#items.length
  }

  /** Returns how many items were lost by this push: 0, or 1 (the new one refused or the oldest dropped). */
  push(item: T): number {
    let lost = 0
    if (this.#items.length >= this.capacity) {
      lost = 1
      if (!this.#isDroppingOldest) return lost
      this.#items.shift()
    }
    this.#items.push(item)
    this.#wake?.()
    this.#wake = undefined
    return lost
  }

  /** Up to `max` items in order, waiting for the first one; an empty array once `signal` aborts. */
  async take(max: number, signal: AbortSignal): Promise<T[]> {
    while (this.#items.length === 0) {
      if (signal.aborted) return []
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#wake = wake
        signal.addEventListener('abort', wake, { once: true })
      })
    }
    return this.#items.splice(0, max)
  }

  /** Everything left, at once. */
  drain(): T[] {
    return this.#items.splice(0)
  }
}
