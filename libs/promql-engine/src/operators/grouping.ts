import { type Labels, METRIC_NAME } from '@prom/labels'
import type { EngineFeatures } from '../context.ts'
import { metadataLabels } from './names.ts'

/** Gives each group of an aggregation a number, in the order in which groups are first seen. */
export class Grouping {
  readonly #of: (labels: Labels) => Labels
  readonly #byKey = new Map<string, number>()
  readonly #labels: Labels[] = []

  constructor(
    node: { readonly grouping: readonly string[]; readonly without: boolean },
    features: EngineFeatures,
  ) {
    const names = new Set(node.grouping)
    if (node.without) {
      const dropped = new Set([...names, ...metadataLabels(features), METRIC_NAME])
      this.#of = (labels) => labels.without(dropped)
    } else this.#of = (labels) => labels.only(names)
  }

  indexOf(labels: Labels): number {
    const group = this.#of(labels)
    const key = group.key()
    let index = this.#byKey.get(key)
    if (index === undefined) {
      index = this.#labels.length
      this.#byKey.set(key, index)
      this.#labels.push(group)
    }
    return index
  }

  labelsAt(index: number): Labels {
    return this.#labels[index] as Labels
  }

  get size(): number {
    return this.#labels.length
  }
}
