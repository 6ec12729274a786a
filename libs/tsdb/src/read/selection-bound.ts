/** How much a selection may look at where nobody may wait for it. */
export interface SelectionBound {
  /** Entries of postings, and values of a label, that it may go through. */
  readonly postingsMax: number
  readonly seriesMax: number
  /** Of all series of one selection together. */
  readonly samplesMax: number
}

/** The selection is larger than its bound; nothing has been read. */
export class SelectionTooLarge extends Error {
  constructor() {
    super('selection is too large')
    this.name = 'SelectionTooLarge'
  }
}
