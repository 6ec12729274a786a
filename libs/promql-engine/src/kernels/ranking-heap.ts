import { sortLikeOriginal } from './go-order.ts'

/**
 * The best `size` of the values given to it, as the original finds them: a binary heap with the worst at its top,
 * which a better value overwrites. Which of equal values stays depends on the order of swaps, so they are the same.
 */
export class RankingHeap {
  readonly #isTop: boolean
  #ids: number[] = []
  #values: number[] = []

  /** `isTop` keeps the largest values, otherwise the smallest. NaN is worse than every number. */
  constructor(isTop: boolean) {
    this.#isTop = isTop
  }

  clear(): void {
    this.#ids.length = 0
    this.#values.length = 0
  }

  offer(id: number, value: number, size: number): void {
    const ids = this.#ids
    const values = this.#values
    if (ids.length < size) {
      ids.push(id)
      values.push(value)
      this.#up(ids.length - 1)
      return
    }
    const worst = values[0] as number
    const isBetter = this.#isTop ? worst < value : worst > value
    if (!isBetter && !(Number.isNaN(worst) && !Number.isNaN(value))) return
    ids[0] = id
    values[0] = value
    this.#down()
  }

  /** The ids kept, in no particular order. */
  ids(): readonly number[] {
    return this.#ids
  }

  /** The ids kept, best first. */
  ranked(): number[] {
    sortLikeOriginal(
      { less: (i, j) => this.#isWorse(j, i), swap: (i, j) => this.#swap(i, j) },
      this.#ids.length,
    )
    return [...this.#ids]
  }

  #isWorse(i: number, j: number): boolean {
    const a = this.#values[i] as number
    const b = this.#values[j] as number
    return Number.isNaN(a) || (this.#isTop ? a < b : a > b)
  }

  #swap(i: number, j: number): void {
    const ids = this.#ids
    const values = this.#values
    const id = ids[i] as number
    const value = values[i] as number
    ids[i] = ids[j] as number
    values[i] = values[j] as number
    ids[j] = id
    values[j] = value
  }

  #up(from: number): void {
    let j = from
    while (j > 0) {
      const parent = (j - 1) >> 1
      if (!this.#isWorse(j, parent)) return
      this.#swap(parent, j)
      j = parent
    }
  }

  #down(): void {
    const count = this.#ids.length
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= count) return
      if (child + 1 < count && this.#isWorse(child + 1, child)) child++
      if (!this.#isWorse(child, i)) return
      this.#swap(i, child)
      i = child
    }
  }
}
