import type { Labels } from '@prom/labels'
import type { VectorMatching } from '@prom/promql-syntax'
import { LabelProjection, withoutNameAnd } from './label-projection.ts'

/** The labels by which series of both sides are matched. */
export function matchLabels({ on, labels }: VectorMatching): (of: Labels) => Labels {
  const projection = on ? LabelProjection.for(labels, false) : withoutNameAnd(labels)
  return (of) => projection.of(of)
}
