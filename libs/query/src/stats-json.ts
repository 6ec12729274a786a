import { printTime, type QueryStats } from '@prom/promql-engine'

/** Seconds a query took, part by part. */
export interface QuerySeconds {
  readonly queueSeconds: number
  readonly prepareSeconds: number
  readonly evalSeconds: number
}

/** The `stats` object of a query answer and of the query log. */
export function statsJson(
  { queueSeconds, prepareSeconds, evalSeconds }: QuerySeconds,
  { totalQueryableSamples, samplesRead, peakSamples, peakBytes, perStep }: QueryStats,
): string {
  const evalTotalTime = prepareSeconds + evalSeconds
  const timings = JSON.stringify({
    evalTotalTime,
    resultSortTime: 0,
    queryPreparationTime: prepareSeconds,
    innerEvalTime: evalSeconds,
    execQueueTime: queueSeconds,
    execTotalTime: evalTotalTime + queueSeconds,
  })
  const totals = JSON.stringify({ totalQueryableSamples, samplesRead, peakSamples, peakBytes })
  const steps = perStep
    ? `"totalQueryableSamplesPerStep":${stepsJson(perStep.times, perStep.queryable)},` +
      `"samplesReadPerStep":${stepsJson(perStep.times, perStep.read)},`
    : ''
  return `{"timings":${timings},"samples":{${steps}${totals.slice(1)}}`
}

/** `[[seconds,count],...]` */
function stepsJson(times: Float64Array, counts: Float64Array): string {
  const pairs = Array.from(times, (time, step) => `[${printTime(time)},${counts[step]}]`)
  return `[${pairs.join(',')}]`
}
