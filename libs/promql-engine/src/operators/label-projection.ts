import { type Labels, METRIC_NAME } from '@prom/labels'

/**
 * Labels reduced to some names, or freed of some: what series are grouped and matched by. The same result is the same
 * object, and series that live longer than a query remember theirs.
 */
export class LabelProjection {
  readonly #reduce: (labels: Labels) => Labels
  readonly #known = new Map<string, Labels>()

  private constructor(names: readonly string[], isWithout: boolean) {
    const set = new Set(names)
    this.#reduce = isWithout ? (labels) => labels.without(set) : (labels) => labels.only(set)
  }

  of(labels: Labels): Labels {
    return labels.derived(this, this.#make)
  }

  readonly #make = (labels: Labels): Labels => {
    const reduced = this.#reduce(labels)
    const key = reduced.key()
    const known = this.#known.get(key)
    if (known) return known
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(key, reduced)
    return reduced
  }

  /** The one for these names; the last few are kept, so that it is the same from query to query. */
  static for(names: readonly string[], isWithout: boolean): LabelProjection {
    const key = `${isWithout ? '-' : '+'}${names.join('\u{10ffff}')}`
    let projection = projections.get(key)
    if (projection) projections.delete(key)
    else projection = new LabelProjection(names, isWithout)
    projections.set(key, projection)
    if (projections.size > PROJECTIONS_MAX) {
      projections.delete(projections.keys().next().value as string)
    }
    return projection
  }
}

/** Different results that one projection remembers. */
const KNOWN_MAX = 10_000
const PROJECTIONS_MAX = 16
const projections = new Map<string, LabelProjection>()

export const withoutNameAnd = (names: readonly string[]): LabelProjection =>
  LabelProjection.for([...names, METRIC_NAME], true)
