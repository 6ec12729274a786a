const PAGE_SAMPLES = 1 << 15
const SAMPLE_BYTES = 16

interface Page {
  readonly times: Float64Array
  readonly values: Float64Array
  used: number
  chunks: number[]
}

/** Where the samples of a chunk lie. */
export interface CachedColumns {
  readonly times: Float64Array
  readonly values: Float64Array
  readonly offset: number
}

/**
 * Decoded samples of chunks that no longer change, by the address of the chunk, under a budget: pages are filled one
 * after the other, the oldest page is used again first.
 */
export class ColumnCache {
  readonly #pagesMax: number
  /** Chunk to page number * PAGE_SAMPLES + offset. */
  readonly #places = new Map<number, number>()
  readonly #pages: Page[] = []
  #open = -1
  #generation = 0

  constructor(budgetBytes: number) {
    this.#pagesMax = Math.floor(budgetBytes / (PAGE_SAMPLES * SAMPLE_BYTES))
  }

  /** Forgets everything when addresses may mean something else by now. */
  enter(generation: number): void {
    if (generation === this.#generation) return
    this.#generation = generation
    this.#places.clear()
    for (const page of this.#pages) {
      page.used = 0
      page.chunks = []
    }
    this.#open = this.#pages.length > 0 ? 0 : -1
  }

  get(chunk: number): CachedColumns | undefined {
    const place = this.#places.get(chunk)
    if (place === undefined) return undefined
    const { times, values } = this.#pages[Math.floor(place / PAGE_SAMPLES)] as Page
    return { times, values, offset: place % PAGE_SAMPLES }
  }

  /** Room for the samples of a chunk, to be filled by the caller; undefined if there is no budget for it. */
  add(chunk: number, count: number): CachedColumns | undefined {
    if (this.#pagesMax === 0 || count > PAGE_SAMPLES) return undefined
    let page = this.#pages[this.#open]
    if (!page || page.used + count > PAGE_SAMPLES) page = this.#nextPage()
    const offset = page.used
    page.used += count
    page.chunks.push(chunk)
    this.#places.set(chunk, this.#open * PAGE_SAMPLES + offset)
    return { times: page.times, values: page.values, offset }
  }

  #nextPage(): Page {
    this.#open = (this.#open + 1) % this.#pagesMax
    const known = this.#pages[this.#open]
    if (known) {
      for (const chunk of known.chunks) this.#places.delete(chunk)
      known.chunks = []
      known.used = 0
      return known
    }
    const page: Page = {
      times: new Float64Array(PAGE_SAMPLES),
      values: new Float64Array(PAGE_SAMPLES),
      used: 0,
      chunks: [],
    }
    this.#pages.push(page)
    return page
  }
}
