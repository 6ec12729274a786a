import { Labels } from '@prom/labels'

/** Rough cost of one series while it is imported. */
const SERIES_BYTES = 400

/** The series of an import, numbered from 0 in order of appearance. */
export class ImportSeries {
  readonly labels: Labels[] = []
  readonly #refs = new Map<string, number>()
  /** What is wrong with the labels of a series, by ref. */
  readonly problems = new Map<number, string>()
  /** Win over what the file says. */
  readonly #extra: readonly (readonly [string, string])[]

  constructor(extra: readonly (readonly [string, string])[]) {
    this.#extra = extra
  }

  get sizeBytes(): number {
    return this.labels.length * SERIES_BYTES
  }

  /** From flat pairs as exposed; a name that is there twice makes the series unusable. */
  add(flat: readonly string[]): number {
    const pairs: (readonly [string, string])[] = []
    const names = new Set<string>()
    let twice: string | undefined
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] as string
      if (names.has(name)) twice ??= name
      names.add(name)
      pairs.push([name, flat[i + 1] as string])
    }
    const labels = Labels.from([...pairs, ...this.#extra])
    const ref = this.addLabels(labels)
    if (twice !== undefined) {
      this.problems.set(ref, `label name ${JSON.stringify(twice)} is not unique: invalid sample`)
    }
    return ref
  }

  addLabels(labels: Labels): number {
    const key = labels.key()
    const known = this.#refs.get(key)
    if (known !== undefined) return known
    const ref = this.labels.length
    this.#refs.set(key, ref)
    this.labels.push(labels)
    return ref
  }

  /** The place of each series in label order. */
  ranks(): Uint32Array {
    const order = Uint32Array.from(this.labels, (_, ref) => ref)
    order.sort((a, b) => this.labels[a]!.compare(this.labels[b]!))
    const ranks = new Uint32Array(order.length)
    order.forEach((ref, rank) => {
      ranks[ref] = rank
    })
    return ranks
  }
}
