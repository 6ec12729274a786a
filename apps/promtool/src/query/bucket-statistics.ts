/** How many buckets of a histogram are in use, over the samples of a range. */

type Sample = readonly [number, string]
type Bucket = readonly [number, string, string, string]

export interface HistogramSample {
  readonly buckets?: readonly Bucket[]
}

export interface BucketStatistics {
  readonly min: number
  readonly average: number
  readonly max: number
  readonly total: number
}

/** Of a classic histogram: the values of each bucket with its bound. Undefined with fewer than two samples. */
export function classicStatistics(
  buckets: readonly { readonly le: string; readonly values: readonly Sample[] }[],
): BucketStatistics | undefined {
  const sorted = buckets.toSorted((a, b) => boundOf(a.le) - boundOf(b.le))
  const samples = sorted[0]?.values.length ?? 0
  if (samples < 2) return undefined
  const populated: number[] = []
  for (let at = 0; at < samples; at++) populated.push(countPopulated(sorted, at))
  return summarize(populated, sorted.length)
}

function countPopulated(
  buckets: readonly { readonly values: readonly Sample[] }[],
  at: number,
): number {
  let before: Sample | undefined
  let count = 0
  for (const { values } of buckets) {
    const sample = values[at]
    if (!sample) return count
    if (before && before[0] !== sample[0]) throw new Error('matrix result is not time aligned')
    const inside = Number(sample[1]) - (before ? Number(before[1]) : 0)
    if (Math.trunc(inside) !== 0) count++
    before = sample
  }
  return count
}

const boundOf = (le: string) => (le === '+Inf' ? Infinity : Number(le))

/** Of a native histogram. Undefined with fewer than two samples. */
export function nativeStatistics(
  histograms: readonly (readonly [number, HistogramSample])[],
): BucketStatistics | undefined {
  if (histograms.length < 2) return undefined
  const seen = new Set<string>()
  const populated = histograms.map(([, { buckets = [] }]) => {
    const filled = buckets.filter(([, , , count]) => Number(count) !== 0)
    for (const [, lower, upper] of filled) seen.add(`${lower} ${upper}`)
    return filled.length
  })
  return summarize(populated, seen.size)
}

function summarize(populated: readonly number[], total: number): BucketStatistics {
  return {
    min: Math.min(...populated),
    average: populated.reduce((sum, count) => sum + count, 0) / populated.length,
    max: Math.max(...populated),
    total,
  }
}

/** `1/2.333/4`, and `/5` if there are more buckets than were ever in use at once. */
export function printStatistics({ min, average, max, total }: BucketStatistics): string {
  return `${min}/${average.toFixed(3)}/${max}${total === max ? '' : `/${total}`}`
}

/** Statistics of the statistics of several histograms, as a block of lines. */
export function printAggregated(all: readonly BucketStatistics[]): string {
  const line = (name: string, of: (statistics: BucketStatistics) => number) => {
    const values = all.map((statistics) => Math.trunc(of(statistics)))
    const average = values.reduce((sum, value) => sum + value, 0) / values.length
    const shown = `${Math.min(...values)}/${average.toFixed(3)}/${Math.max(...values)}`
    return `- ${name}: ${shown}`
  }
  const lines = [
    `histogram series (${all.length} in total):`,
    line('min populated', ({ min }) => min),
    line('avg populated', ({ average }) => average),
    line('max populated', ({ max }) => max),
  ]
  if (all.some(({ max, total }) => max !== total)) {
    lines.push(line('total', ({ total }) => total))
  }
  return `${lines.join('\n')}\n`
}
