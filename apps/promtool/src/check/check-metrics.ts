/** `promtool check metrics`: a metrics page from standard input, against the conventions for names and help texts. */
import { ExpositionError, parseFamilies } from '@prom/exposition'
import type { HistogramValue, MetricFamily, SummaryValue } from '@prom/metrics'
import { printFloat } from '@prom/model'
import { type Context, EXIT_FAILURE, EXIT_LINT, EXIT_OK } from '../context.ts'
import { lintFamily } from './lint-metrics.ts'

export interface CheckMetricsValues {
  readonly lint: string
  readonly isExtended: boolean
}

export async function checkMetrics(values: CheckMetricsValues, context: Context): Promise<number> {
  const { stdout, stderr, stdin } = context.host
  const isLinting = values.lint !== 'none'
  if (!isLinting && !values.isExtended) {
    stderr.write('error: at least one of --extended or linting must be enabled\n')
    return EXIT_FAILURE
  }
  let families: readonly MetricFamily[]
  try {
    families = parseFamilies(await stdin())
  } catch (err) {
    if (!(err instanceof ExpositionError)) throw err
    stderr.write(`error while linting: ${err.message}\n`)
    context.report?.('', err.message)
    return EXIT_FAILURE
  }
  const problems = isLinting ? families.flatMap(lintFamily) : []
  problems.sort((a, b) => compare(a.metric, b.metric) || compare(a.text, b.text))
  for (const { metric, text } of problems) {
    stderr.write(`${metric} ${text}\n`)
    context.report?.('', `${metric} ${text}`, { severity: 'warning' })
  }
  if (problems.length > 0) return EXIT_LINT
  if (values.isExtended) stdout.write(printCardinality(families))
  return EXIT_OK
}

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)

/** Series per family, the most first; columns are as wide as their widest cell and four spaces. */
function printCardinality(families: readonly MetricFamily[]): string {
  const counts = families.map((family) => [family.name, cardinality(family)] as const)
  const total = counts.reduce((sum, [, count]) => sum + count, 0)
  const sorted = counts.toSorted(([, a], [, b]) => b - a)
  const rows = [
    ['Metric', 'Cardinality', 'Percentage'],
    ...sorted.map(([name, count]) => [
      name,
      String(count),
      `${printFloat((count / total) * 100, 'f', 2)}%`,
    ]),
    ['Total', String(total), '100%'],
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)) + 4)
  return rows
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join('')}\n`)
    .join('')
}

/** Compat: a histogram counts as many lines per series as its first one has. */
function cardinality({ type, points }: MetricFamily): number {
  const first = points[0]?.value
  if (first === undefined) return 0
  if (type === 'histogram') {
    const { buckets } = first as HistogramValue
    return points.length * (buckets.length + 2)
  }
  if (type === 'summary') {
    return points.length * ((first as SummaryValue).quantiles.length + 2)
  }
  return points.length
}
