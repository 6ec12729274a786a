/** How many rules of all groups may be evaluated beside the one that each group evaluates anyway. */
export class EvaluationSlots {
  readonly #max: number
  #used = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Runs `work` beside the caller if there is room; undefined if there is none. */
  tryRun(work: () => Promise<void>): Promise<void> | undefined {
    if (this.#used >= this.#max) return undefined
    this.#used++
    return work().finally(() => {
      this.#used--
    })
  }
}
