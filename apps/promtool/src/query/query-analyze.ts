/** `promtool query analyze`: how many buckets the histograms of a server use. */
import { printGoDuration } from '@prom/model'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { readTime } from '../kinds.ts'
import { type ApiClient, openApi } from './api-client.ts'
import {
  type BucketStatistics,
  classicStatistics,
  type HistogramSample,
  nativeStatistics,
  printAggregated,
  printStatistics,
} from './bucket-statistics.ts'
import { printMetric } from './print-result.ts'

const HEAD = `Bucket stats for each histogram series over time
------------------------------------------------
First the min, avg, and max number of populated buckets, followed by the total
number of buckets (only if different from the max number of populated buckets
which is typical for classic but not native histograms).

`
const AGGREGATED = `
Aggregated bucket stats
-----------------------
Each line shows min/avg/max over the series above.
`

export interface QueryAnalyzeValues {
  readonly server: string
  readonly type: string
  readonly durationMs: number
  readonly time: string | undefined
  readonly matchers: readonly string[]
  readonly httpConfigFile: string | undefined
}

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly values?: readonly (readonly [number, string])[]
  readonly histograms?: readonly (readonly [number, HistogramSample])[]
}

export async function queryAnalyze(values: QueryAnalyzeValues, context: Context): Promise<number> {
  const { stdout, stderr, clock } = context.host
  let api: ApiClient | undefined
  try {
    if (values.type !== 'histogram') {
      throw new Error(`analyze type is ${values.type}, must be 'histogram'`)
    }
    let atMs = clock.now()
    try {
      if (values.time) atMs = readTime(values.time)
    } catch (err) {
      throw new Error(`error parsing time '${values.time}': ${(err as Error).message}`)
    }
    api = await openApi(values, context)
    stdout.write(HEAD)
    const native: BucketStatistics[] = []
    const classic: BucketStatistics[] = []
    for (const matcher of values.matchers) {
      const { data } = await api.ask('/api/v1/query', [
        ['query', `${matcher}[${printGoDuration(values.durationMs * 1e6)}]`],
        ['time', String(atMs / 1000)],
      ])
      const { result } = data as { readonly result: readonly Series[] }
      stdout.write(analyze(result, native, classic))
    }
    stdout.write(AGGREGATED)
    if (native.length > 0) stdout.write(`\nNative ${printAggregated(native)}`)
    if (classic.length > 0) stdout.write(`\nClassic ${printAggregated(classic)}`)
    return EXIT_OK
  } catch (err) {
    stderr.write(`${(err as Error).message}\n`)
    return EXIT_FAILURE
  } finally {
    await api?.close()
  }
}

/** One line per histogram; what counts is added to the lists. */
function analyze(
  result: readonly Series[],
  native: BucketStatistics[],
  classic: BucketStatistics[],
): string {
  const lines: string[] = []
  const groups = new Map<string, { le: string; values: readonly (readonly [number, string])[] }[]>()
  for (const { metric, values = [], histograms = [] } of result) {
    if (values.length === 0) {
      const statistics = nativeStatistics(histograms)
      if (!statistics) continue
      native.push(statistics)
      lines.push(`- ${printMetric(metric)} (native): ${printStatistics(statistics)}\n`)
      continue
    }
    const { le, ...labels } = metric
    if (le === undefined || !metric.__name__?.endsWith('_bucket')) continue
    const key = printMetric(labels)
    const group = groups.get(key)
    if (group) group.push({ le, values })
    else groups.set(key, [{ le, values }])
  }
  for (const [key, group] of groups) {
    const statistics = classicStatistics(group)
    if (!statistics) continue
    classic.push(statistics)
    lines.push(`- ${key} (classic): ${printStatistics(statistics)}\n`)
  }
  return lines.join('')
}
