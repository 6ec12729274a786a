/** Metric families as the text format 0.0.4, byte for byte as client_golang prints them. */
import type { HistogramValue, MetricFamily, MetricPoint, SummaryValue } from '@prom/metrics'
import { type EscapingScheme, exposeName, isValidMetricName, printFloat } from '@prom/model'

/** The page as one string. Families and points come in the order given. `escaping` is for UTF-8 names. */
export function writeText(
  families: readonly MetricFamily[],
  escaping: EscapingScheme = 'underscores',
): string {
  let page = ''
  for (const family of families) page += writeFamily(family, escaping)
  return page
}

function writeFamily({ name, help, type, points }: MetricFamily, escaping: EscapingScheme): string {
  const escaped = exposeName(name, escaping)
  const isLegacy = isValidMetricName(escaped, 'legacy')
  const shown = isLegacy ? escaped : `"${escapeLabelValue(escaped)}"`
  let text = help === undefined ? '' : `# HELP ${shown} ${escapeHelp(help)}\n`
  text += `# TYPE ${shown} ${type === 'gauge_histogram' ? 'histogram' : type}\n`
  // A name that is not plain moves into the braces, in front of the labels.
  const line = (suffix: string, labels: string, value: string, time: string) => {
    const full = escaped + suffix
    const head = isLegacy ? full : ''
    const quoted = isLegacy ? '' : `"${escapeLabelValue(full)}"`
    const inside = quoted !== '' && labels !== '' ? `${quoted},${labels}` : quoted + labels
    return `${head}${inside === '' ? '' : `{${inside}}`} ${value}${time}\n`
  }
  for (const point of points) text += writePoint(point, escaping, line)
  return text
}

type Line = (suffix: string, labels: string, value: string, time: string) => string

function writePoint(point: MetricPoint, escaping: EscapingScheme, line: Line): string {
  const labels = writeLabels(point.labels, escaping)
  const time = point.timeMs === undefined ? '' : ` ${point.timeMs}`
  const { value } = point
  if (typeof value === 'number') return line('', labels, printValue(value), time)
  const text = 'buckets' in value ? writeBuckets(value) : writeQuantiles(value)
  return (
    text +
    line('_sum', labels, printValue(value.sum), time) +
    line('_count', labels, printValue(value.count), time)
  )

  function writeBuckets({ buckets, count }: HistogramValue): string {
    let lines = ''
    for (const bucket of buckets) lines += bucketLine(bucket.le, bucket.count)
    return buckets.at(-1)?.le === Infinity ? lines : lines + bucketLine(Infinity, count)
  }

  function bucketLine(le: number, count: number): string {
    return line('_bucket', withLabel(labels, 'le', le), printValue(count), time)
  }

  function writeQuantiles({ quantiles }: SummaryValue): string {
    let lines = ''
    for (const { quantile, value: at } of quantiles) {
      lines += line('', withLabel(labels, 'quantile', quantile), printValue(at), time)
    }
    return lines
  }
}

function withLabel(labels: string, name: string, value: number): string {
  return `${labels}${labels === '' ? '' : ','}${name}="${printValue(value)}"`
}

function writeLabels(labels: readonly string[], escaping: EscapingScheme): string {
  let text = ''
  for (let i = 0; i < labels.length; i += 2) {
    const name = exposeName(labels[i] as string, escaping)
    const shown = isPlainLabel(name) ? name : `"${escapeLabelValue(name)}"`
    text += `${i > 0 ? ',' : ''}${shown}="${escapeLabelValue(labels[i + 1] as string)}"`
  }
  return text
}

function isPlainLabel(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)
}

function printValue(value: number): string {
  return value === 0 ? '0' : printFloat(value, 'g')
}

function escapeHelp(text: string): string {
  return /[\\\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : text
}

function escapeLabelValue(text: string): string {
  return /[\\\n"]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text
}
