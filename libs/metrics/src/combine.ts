/**
 * Puts what many sources gathered onto one page: one family per name, families sorted by name, samples by labels.
 * What does not fit (another type or help under the same name, the same labels twice) is left out and told.
 */
import { printFloat, quoteGo } from '@prom/model'
import type { MetricFamily, MetricPoint } from './family.ts'

export interface CombinedFamilies {
  readonly families: MetricFamily[]
  /** In the words of the original, one per sample left out. */
  readonly errors: string[]
}

export function combineFamilies(lists: readonly (readonly MetricFamily[])[]): CombinedFamilies {
  const byName = new Map<
    string,
    { about: MetricFamily; points: MetricPoint[]; isShared: boolean }
  >()
  const errors: string[] = []
  for (const list of lists) {
    for (const family of list) {
      const known = byName.get(family.name)
      if (!known) {
        byName.set(family.name, {
          about: family,
          points: family.points as MetricPoint[],
          isShared: true,
        })
        continue
      }
      const clash = clashOf(known.about, family)
      if (clash) {
        errors.push(clash)
        continue
      }
      if (known.isShared) known.points = [...known.points]
      known.isShared = false
      for (const point of family.points) known.points.push(point)
    }
  }
  const families: MetricFamily[] = []
  const names = [...byName.keys()].sort()
  for (const name of names) {
    const { about, points } = byName.get(name) as { about: MetricFamily; points: MetricPoint[] }
    const { help, type } = about
    families.push({ name, help, type, points: sortPoints(name, type, points, errors) })
  }
  return { families, errors }
}

function clashOf(known: MetricFamily, family: MetricFamily): string | undefined {
  const first = family.points[0]
  const sample = `${family.name} ${first ? describePoint(family.type, first) : ''}`
  if (known.type !== family.type) {
    return `collected metric ${sample} should be a ${GO_NAMES[known.type]}`
  }
  if (known.help !== family.help) {
    return `collected metric ${sample} has help ${quoteGo(family.help ?? '')} but should have ${quoteGo(known.help ?? '')}`
  }
  return undefined
}

function sortPoints(
  name: string,
  type: MetricFamily['type'],
  points: readonly MetricPoint[],
  errors: string[],
): MetricPoint[] {
  let isSorted = true
  for (let i = 1; i < points.length && isSorted; i++) {
    isSorted = comparePoints(points[i - 1] as MetricPoint, points[i] as MetricPoint) < 0
  }
  if (isSorted) return points as MetricPoint[]
  const sorted: MetricPoint[] = []
  // Sorting keeps the order of equals, so it is the later one that is left out.
  for (const point of [...points].sort(comparePoints)) {
    const last = sorted.at(-1)
    if (last && hasSameLabels(last, point)) {
      errors.push(
        `collected metric ${quoteGo(name)} ${describePoint(type, point)} was collected before with the same name and label values`,
      )
    } else sorted.push(point)
  }
  return sorted
}

/** Fewer labels first, then the values one by one. */
function comparePoints(a: MetricPoint, b: MetricPoint): number {
  const count = a.labels.length - b.labels.length
  if (count !== 0) return count
  for (let i = 1; i < a.labels.length; i += 2) {
    const left = a.labels[i] as string
    const right = b.labels[i] as string
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

function hasSameLabels(a: MetricPoint, b: MetricPoint): boolean {
  return a.labels.length === b.labels.length && a.labels.every((text, i) => text === b.labels[i])
}

/**
 * A sample as the original's messages print it: `{ label:{name:"a" value:"b"} gauge:{value:1}}`. Builds of the original
 * differ in the blanks between its parts.
 */
export function describePoint(
  type: MetricFamily['type'],
  { labels, value }: MetricPoint,
  blank = ' ',
): string {
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    const name = quoteGo(labels[i] as string)
    parts.push(`label:{name:${name}${blank}value:${quoteGo(labels[i + 1] as string)}}`)
  }
  if (typeof value === 'number') parts.push(`${type}:{value:${printFloat(value)}}`)
  else {
    const sum = printFloat(value.sum)
    parts.push(`${type}:{sample_count:${value.count}${blank}sample_sum:${sum}}`)
  }
  return `{ ${parts.join(blank)}}`
}

const GO_NAMES = {
  counter: 'Counter',
  gauge: 'Gauge',
  histogram: 'Histogram',
  summary: 'Summary',
  untyped: 'Untyped',
  gauge_histogram: 'Histogram',
} as const
