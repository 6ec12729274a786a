import type { QueryStats } from '@prom/promql-engine'

/** Monotonic times of one query, milliseconds. */
export interface QueryTimes {
  readonly started: number
  readonly opened: number
  readonly evaluated: number
}

/** The `stats` object of a query answer. */
export function statsJson(
  { queueSeconds }: { readonly queueSeconds: number },
  { totalQueryableSamples, samplesRead, peakSamples, peakBytes }: QueryStats,
  { started, opened, evaluated }: QueryTimes,
): string {
  const evalTotal = (evaluated - started) / 1000
  return JSON.stringify({
    timings: {
      evalTotalTime: evalTotal,
      resultSortTime: 0,
      queryPreparationTime: (opened - started) / 1000,
      innerEvalTime: (evaluated - opened) / 1000,
      execQueueTime: queueSeconds,
      execTotalTime: evalTotal + queueSeconds,
    },
    samples: { totalQueryableSamples, samplesRead, peakSamples, peakBytes },
  })
}
