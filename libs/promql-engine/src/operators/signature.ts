import { type Labels, METRIC_NAME } from '@prom/labels'
import type { VectorMatching } from '@prom/promql-syntax'

/** The labels by which series of both sides are matched. */
export function matchLabels({ on, labels }: VectorMatching): (of: Labels) => Labels {
  if (on) {
    const kept = new Set(labels)
    return (of) => of.only(kept)
  }
  const dropped = new Set([...labels, METRIC_NAME])
  return (of) => of.without(dropped)
}
