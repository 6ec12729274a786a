/** Expected and found alerts and samples, as promtool shows them. */
import { type FloatHistogram, listBuckets } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { printFloat } from '@prom/model'

export interface ShownAlert {
  readonly labels: Labels
  readonly annotations: Labels
}

export interface ShownSample {
  readonly labels: Labels
  readonly value: number
  /** In the notation of tests; '' for a float. */
  readonly histogram: string
}

export function printAlerts(alerts: readonly ShownAlert[]): string {
  if (alerts.length === 0) return '[]'
  const shown = alerts.map(({ labels, annotations }, index) => {
    const text = `\nLabels:${labels}\nAnnotations:${annotations}`
    return `${index}:${indent(text, '  ')}`
  })
  return `[\n${shown.join(',\n')}\n]`
}

/** Every line but the first. */
export function indent(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`)
}

export function printSamples(samples: readonly ShownSample[]): string {
  if (samples.length === 0) return 'nil'
  return samples
    .map(({ labels, value, histogram }) => {
      return `${labels} ${histogram === '' ? printFloat(value, 'E') : histogram}`
    })
    .join(', ')
}

const HINTS: Readonly<Record<string, string>> = {
  unknown: '',
  reset: 'reset',
  not_reset: 'not_reset',
  gauge: 'gauge',
}

/** `{{schema:1 count:3 sum:4 buckets:[1 2]}}` */
export function printTestHistogram(histogram: FloatHistogram): string {
  const parts: string[] = []
  const add = (key: string, value: number) => {
    if (value !== 0) parts.push(`${key}:${printFloat(value)}`)
  }
  add('schema', histogram.schema)
  add('count', histogram.count)
  add('sum', histogram.sum)
  add('z_bucket', histogram.zeroCount)
  add('z_bucket_w', histogram.zeroThreshold)
  if (histogram.customValues.length > 0) {
    parts.push(
      `custom_values:[${histogram.customValues.map((value) => printFloat(value)).join(' ')}]`,
    )
  }
  const hint = HINTS[histogram.counterResetHint] ?? ''
  if (hint !== '') parts.push(`counter_reset_hint:${hint}`)
  const { positiveSpans, positiveBuckets, negativeSpans, negativeBuckets } = histogram
  parts.push(...printBuckets(listBuckets(positiveSpans, positiveBuckets), ''))
  parts.push(...printBuckets(listBuckets(negativeSpans, negativeBuckets), 'n_'))
  return `{{${parts.join(' ')}}}`
}

/** One run from the first to the last bucket that is not empty. */
function printBuckets(
  { indices, counts }: { readonly indices: readonly number[]; readonly counts: readonly number[] },
  prefix: string,
): string[] {
  const filled = indices.filter((_, i) => counts[i] !== 0)
  if (filled.length === 0) return []
  const first = filled[0] as number
  const last = filled[filled.length - 1] as number
  const run = new Array<number>(last - first + 1).fill(0)
  indices.forEach((index, i) => {
    if (index >= first && index <= last) run[index - first] = counts[i] as number
  })
  const shown = `${prefix}buckets:[${run.map((count) => printFloat(count)).join(' ')}]`
  return first === 0 ? [shown] : [`${prefix}offset:${first}`, shown]
}
