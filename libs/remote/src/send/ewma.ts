/** A rate per second, smoothed as the original does: a tick every interval, the newest counting a fifth. */
export class Ewma {
  readonly #weight: number
  readonly #seconds: number
  #events = 0
  #rate = 0
  #isStarted = false

  constructor(weight: number, intervalMs: number) {
    this.#weight = weight
    this.#seconds = intervalMs / 1000
  }

  get rate(): number {
    return this.#rate
  }

  add(count: number): void {
    this.#events += count
  }

  tick(): void {
    const instant = this.#events / this.#seconds
    this.#events = 0
    if (this.#isStarted) this.#rate += this.#weight * (instant - this.#rate)
    else if (instant > 0) {
      this.#isStarted = true
      this.#rate = instant
    }
  }
}
