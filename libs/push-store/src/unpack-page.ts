import type { MetricFamily, MetricPoint } from '@prom/metrics'
import { atOnce } from '@prom/runtime'
import type { PageFamily } from './family-index.ts'
import { PointCursor } from './packed-family.ts'
import { sortPoints } from './point-order.ts'

/** A family of the page as an object, its samples in order: for the few that are put together with others. */
export function unpackPage({ name, help, type, parts }: PageFamily): MetricFamily {
  const sorted = atOnce(sortPoints(parts))
  const cursors = parts.map((part) => new PointCursor(part))
  const points: MetricPoint[] = []
  for (const [i, at] of sorted.at.entries()) {
    const cursor = cursors[sorted.in[i] as number] as PointCursor
    cursor.open(at)
    points.push(cursor.point())
  }
  return { name, help, type, points }
}
