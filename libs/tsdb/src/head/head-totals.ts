/** Totals since the start, for metrics. */
export interface HeadTotals {
  samples: number
  histograms: number
  outOfOrder: number
  histogramsOutOfOrder: number
  duplicates: number
  outOfBounds: number
  tooOld: number
  refused: number
  seriesCreated: number
  seriesRemoved: number
  seriesNotCreated: number
  chunksCreated: number
  chunksRemoved: number
}

export function noTotals(): HeadTotals {
  return {
    samples: 0,
    histograms: 0,
    outOfOrder: 0,
    histogramsOutOfOrder: 0,
    duplicates: 0,
    outOfBounds: 0,
    tooOld: 0,
    refused: 0,
    seriesCreated: 0,
    seriesRemoved: 0,
    seriesNotCreated: 0,
    chunksCreated: 0,
    chunksRemoved: 0,
  }
}
