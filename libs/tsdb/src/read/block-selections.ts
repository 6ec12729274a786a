import type { Matcher } from '@prom/labels'
import type { Block } from '../block/block.ts'
import type { IndexSeries } from '../block/index-reader.ts'

export interface BlockSeries {
  readonly ref: number
  readonly series: IndexSeries
}

/** Series that all selections keep together. */
const SERIES_KEPT_MAX = 40_000

/** What was selected from blocks, which never change: the selections asked for last, up to so many series. */
export class BlockSelections {
  /** Insertion order is the order of use. */
  readonly #known = new Map<string, readonly BlockSeries[]>()
  #kept = 0

  /** All series of the block that match. */
  of(
    block: Block,
    matchers: readonly Matcher[],
    select: () => readonly BlockSeries[],
  ): readonly BlockSeries[] {
    const texts = matchers.map((m) => `${m.name}\0${m.type}\0${m.value}`)
    const key = `${block.serial}\0\0${texts.join('\0\0')}`
    const known = this.#known.get(key)
    if (known) {
      this.#known.delete(key)
      this.#known.set(key, known)
      return known
    }
    const found = select()
    if (found.length > SERIES_KEPT_MAX / 2) return found
    this.#known.set(key, found)
    this.#kept += found.length + 1
    for (const [oldest, series] of this.#known) {
      if (this.#kept <= SERIES_KEPT_MAX) break
      this.#known.delete(oldest)
      this.#kept -= series.length + 1
    }
    return found
  }
}
