import type { Alarm, AlarmClock } from '@prom/runtime'

/** Something that may take until `dueMs` of the monotonic clock. */
export interface Deadline {
  dueMs: number
  /** Where it stands among those that wait; -1: it does not. */
  index: number
  /** Its time is over. Must not throw. */
  readonly onExpired: () => void
}

/** An alarm that rings this late says that the thread was busy. */
const LATE_MS = 25

/**
 * Watches the time of what is under way, with one alarm for all: beginning and ending in time, the usual case, touch a
 * list and nothing else.
 */
export class Deadlines {
  readonly #clock: AlarmClock
  readonly #alarm: Alarm
  readonly #waiting: Deadline[] = []
  /** When the alarm rings, by the monotonic clock; Infinity: not set. It may ring for one that has ended. */
  #setMs = Number.POSITIVE_INFINITY

  constructor(clock: AlarmClock) {
    this.#clock = clock
    this.#alarm = clock.alarm(() => this.#ring())
  }

  begin(deadline: Deadline, timeoutMs: number): void {
    deadline.dueMs = this.#clock.monotonic() + timeoutMs
    deadline.index = this.#waiting.length
    this.#waiting.push(deadline)
    if (deadline.dueMs < this.#setMs) this.#set(deadline.dueMs)
  }

  end(deadline: Deadline): void {
    const { index } = deadline
    if (index < 0) return
    const last = this.#waiting.pop() as Deadline
    if (last !== deadline) {
      this.#waiting[index] = last
      last.index = index
    }
    deadline.index = -1
  }

  /** Forgets the alarm if nobody waits: it would keep a thread from ending. */
  settle(): void {
    if (this.#waiting.length > 0) return
    this.#alarm.clear()
    this.#setMs = Number.POSITIVE_INFINITY
  }

  #set(dueMs: number): void {
    this.#setMs = dueMs
    this.#alarm.set(this.#clock.now() + dueMs - this.#clock.monotonic())
  }

  /**
   * An alarm that rings late says that this thread was busy (with the first bodies of many new targets, say) while
   * answers may have been waiting in their sockets: that time is given back.
   */
  #ring(): void {
    const nowMs = this.#clock.monotonic()
    const lateMs = nowMs - this.#setMs
    this.#setMs = Number.POSITIVE_INFINITY
    for (const deadline of [...this.#waiting]) {
      if (deadline.index < 0 || deadline.dueMs > nowMs) continue
      if (lateMs > LATE_MS) deadline.dueMs = nowMs + lateMs
      else {
        this.end(deadline)
        deadline.onExpired()
      }
    }
    let next = Number.POSITIVE_INFINITY
    for (const { dueMs } of this.#waiting) next = Math.min(next, dueMs)
    if (next < this.#setMs) this.#set(next)
  }
}
