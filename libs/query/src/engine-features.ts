import type { EngineOptions } from '@prom/promql-engine'

/** What the names given to `--enable-feature` mean for queries. */
export function engineFromFeatures(
  features: ReadonlySet<string>,
): Pick<EngineOptions, 'parse' | 'features'> {
  return {
    parse: {
      experimentalFunctions: features.has('promql-experimental-functions'),
      extendedRangeSelectors: features.has('promql-extended-range-selectors'),
      fillModifiers: features.has('promql-binop-fill-modifiers'),
    },
    features: {
      delayedNameRemoval: features.has('promql-delayed-name-removal'),
      typeAndUnitLabels: features.has('type-and-unit-labels'),
      useStartTimestamps: features.has('use-start-timestamps'),
    },
  }
}
