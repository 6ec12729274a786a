/** Results of queries as the original prints them, for reading (`promql`) or as JSON. */
import { parseFloatGo, printFloat, printSeconds, quoteGo } from '@prom/model'

type Point = readonly [number, string]

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: Point
  readonly values?: readonly Point[]
  readonly histogram?: readonly [number, NativeHistogram]
  readonly histograms?: readonly (readonly [number, NativeHistogram])[]
}

interface NativeHistogram {
  readonly count: string
  readonly sum: string
  readonly buckets?: readonly (readonly [number, string, string, string])[]
}

/** What `/api/v1/query` and `query_range` answer. */
export interface QueryData {
  readonly resultType: string
  readonly result: unknown
}

export function printQueryResult(data: QueryData, format: string): string {
  if (format === 'json') return `${JSON.stringify(sorted(data))}\n`
  return `${readable(data)}\n`
}

/** `{__name__="up", job="x"}`, as label sets are shown. */
export function printLabelSet(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(labels)
    .sort(byName)
    .map((name) => `${labelName(name)}=${quoteGo(labels[name]!)}`)
  return `{${pairs.join(', ')}}`
}

const byName = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)
const isLegacy = (name: string) => /^[a-zA-Z_]\w*$/.test(name)
const labelName = (name: string) => (isLegacy(name) ? name : quoteGo(name))

function readable({ resultType, result }: QueryData): string {
  switch (resultType) {
    case 'scalar': {
      const [time, value] = result as Point
      return `scalar: ${printValue(value)} @[${printTime(time)}]`
    }
    case 'vector':
      return (result as readonly Series[]).map(readableSample).join('\n')
    case 'matrix':
      return (result as readonly Series[]).map(readableSeries).join('\n')
    default:
      throw new Error(`unexpected value type ${quoteGo(resultType)}`)
  }
}

function readableSample({ metric, value, histogram }: Series): string {
  if (histogram) {
    const [time, native] = histogram
    return `${printMetric(metric)} => ${printHistogram(native)} @[${printTime(time)}]`
  }
  const [time, number] = value ?? [0, '0']
  return `${printMetric(metric)} => ${printValue(number)} @[${printTime(time)}]`
}

function readableSeries({ metric, values = [], histograms = [] }: Series): string {
  const lines = [
    ...values.map(([time, value]) => `${printValue(value)} @[${printTime(time)}]`),
    ...histograms.map(([time, native]) => `${printHistogram(native)} @[${printTime(time)}]`),
  ]
  return `${printMetric(metric)} =>\n${lines.join('\n')}`
}

/** The name in front, unless it has to be quoted. */
export function printMetric(metric: Readonly<Record<string, string>>): string {
  const { __name__: name, ...labels } = metric
  if (name === undefined) return printLabelSet(labels)
  const isPlain = /^[a-zA-Z_:][\w:]*$/.test(name)
  const rest = printLabelSet(labels)
  if (!isPlain) return `{${quoteGo(name)}${rest === '{}' ? '' : `, ${rest.slice(1, -1)}`}}`
  return rest === '{}' ? name : `${name}${rest}`
}

const printValue = (text: string) => printFloat(parseFloatGo(text) ?? Number.NaN, 'f')
const printTime = (seconds: number) => printSeconds(Math.round(seconds * 1000))

function printHistogram({ count, sum, buckets = [] }: NativeHistogram): string {
  const shown = buckets.map(([kind, lower, upper, size]) => {
    const open = kind === 1 || kind === 3 ? '[' : '('
    const close = kind === 0 || kind === 3 ? ']' : ')'
    return `${open}${lower},${upper}${close}:${size}`
  })
  return `Count: ${printValue(count)}, Sum: ${printValue(sum)}, Buckets: [${shown.join(' ')}]`
}

/** The result with the original's order of keys and forms of numbers. */
function sorted({ resultType, result }: QueryData): unknown {
  const point = ([time, value]: Point) => [time, printValue(value)]
  if (resultType === 'scalar') return point(result as Point)
  if (resultType !== 'vector' && resultType !== 'matrix') {
    throw new Error(`unexpected value type ${quoteGo(resultType)}`)
  }
  return (result as readonly Series[]).map(({ metric, value, values, histogram, histograms }) => ({
    metric: sortedLabels(metric),
    ...(value && { value: point(value) }),
    ...(values && { values: values.map(point) }),
    ...(histogram && { histogram }),
    ...(histograms && { histograms }),
  }))
}

export function sortedLabels(
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => byName(a, b)))
}
