import type { Labels } from '@prom/labels'
import type { EngineFeatures } from '../context.ts'
import { LabelProjection, withoutNameAnd } from './label-projection.ts'
import { metadataLabels } from './names.ts'

/** Gives each group of an aggregation a number, in the order in which groups are first seen. */
export class Grouping {
  readonly #projection: LabelProjection
  readonly #indices = new Map<Labels, number>()
  readonly #byKey = new Map<string, number>()
  readonly #labels: Labels[] = []

  constructor(
    node: { readonly grouping: readonly string[]; readonly without: boolean },
    features: EngineFeatures,
  ) {
    this.#projection = node.without
      ? withoutNameAnd([...node.grouping, ...metadataLabels(features)])
      : LabelProjection.for(node.grouping, false)
  }

  indexOf(labels: Labels): number {
    const group = this.#projection.of(labels)
    const known = this.#indices.get(group)
    if (known !== undefined) return known
    // Mostly new; but a projection that had to forget makes equal labels once more.
    const key = group.key()
    let index = this.#byKey.get(key)
    if (index === undefined) {
      index = this.#labels.length
      this.#byKey.set(key, index)
      this.#labels.push(group)
    }
    this.#indices.set(group, index)
    return index
  }

  labelsAt(index: number): Labels {
    return this.#labels[index] as Labels
  }

  get size(): number {
    return this.#labels.length
  }
}
