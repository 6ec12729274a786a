import { type Labels, METRIC_NAME } from '@prom/labels'
import type { EngineFeatures } from '../context.ts'
import type { StepSeries } from '../tile.ts'

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME])
const METADATA: ReadonlySet<string> = new Set([METRIC_NAME, '__type__', '__unit__'])

/** The labels that go when a value no longer is what the name says. */
export function metadataLabels(features: EngineFeatures): ReadonlySet<string> {
  return features.typeAndUnitLabels ? METADATA : NAME_ONLY
}

export function withoutName(labels: Labels, features: EngineFeatures): Labels {
  return features.typeAndUnitLabels ? labels.without(METADATA) : labels.withoutName()
}

/** Drops the name now, or marks it to be dropped in the end. */
export function dropName(series: StepSeries, features: EngineFeatures): void {
  if (features.delayedNameRemoval) series.isNameDropped = true
  else series.labels = withoutName(series.labels, features)
}
