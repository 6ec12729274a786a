import type { Alarm, AlarmClock } from '@prom/runtime'

/** Someone who is to be called at a moment. */
export interface Wakeup {
  readonly atMs: number
  /** Must not throw. */
  readonly call: () => void
}

/** Calls many at their moments with one alarm: a heap of what is to come. */
export class Wakeups {
  readonly #clock: AlarmClock
  readonly #alarm: Alarm
  /** The earliest first; each before the two at twice its index. */
  readonly #heap: Wakeup[] = []
  /** When the alarm rings; Infinity: not set. */
  #setMs = Number.POSITIVE_INFINITY
  #isRinging = false

  constructor(clock: AlarmClock) {
    this.#clock = clock
    this.#alarm = clock.alarm(() => this.#ring())
  }

  /** Calls `call` at `atMs`, or soon if that is past; never within this call. */
  add(atMs: number, call: () => void): Wakeup {
    const wakeup = { atMs, call }
    const heap = this.#heap
    let index = heap.length
    heap.push(wakeup)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Wakeup
      if (above.atMs <= atMs) break
      heap[index] = above
      heap[parent] = wakeup
      index = parent
    }
    if (!this.#isRinging) this.#set()
    return wakeup
  }

  /** Takes back a call that is still to come. */
  remove(wakeup: Wakeup): void {
    const index = this.#heap.indexOf(wakeup)
    if (index < 0) return
    this.#heap.splice(index, 1)
    this.#heap.sort((a, b) => a.atMs - b.atMs) // A sorted list is a heap; removals are rare.
    if (!this.#isRinging) this.#set()
  }

  #set(): void {
    const next = this.#heap[0]
    if (!next) {
      if (this.#setMs < Number.POSITIVE_INFINITY) this.#alarm.clear()
      this.#setMs = Number.POSITIVE_INFINITY
    } else if (next.atMs !== this.#setMs) {
      this.#setMs = next.atMs
      this.#alarm.set(next.atMs)
    }
  }

  #ring(): void {
    const nowMs = this.#clock.now()
    this.#setMs = Number.POSITIVE_INFINITY
    this.#isRinging = true
    for (let next = this.#heap[0]; next && next.atMs <= nowMs; next = this.#heap[0]) {
      this.#pop()
      next.call()
    }
    this.#isRinging = false
    this.#set()
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Wakeup
    const { length } = heap
    if (length === 0) return
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= length) break
      const right = heap[child + 1]
      if (right && right.atMs < (heap[child] as Wakeup).atMs) child++
      const below = heap[child] as Wakeup
      if (below.atMs >= last.atMs) break
      heap[index] = below
      index = child
    }
    heap[index] = last
  }
}
