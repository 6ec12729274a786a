/** What an exposition says of its metric families, per target. */
export interface FamilyMetadata {
  type: string
  help: string
  unit: string
}

/** Families a target may describe; more are not remembered. */
const FAMILIES_MAX = 100_000
/** Longer help texts are cut. */
const TEXT_MAX = 16_384

/** Metadata of one target, gathered while its comments are read. */
export class MetadataCache {
  readonly #families = new Map<string, FamilyMetadata>()
  #version = 0

  set(kind: 'type' | 'help' | 'unit', family: string, text: string): void {
    let entry = this.#families.get(family)
    const isKnown = entry !== undefined
    if (!entry) {
      if (this.#families.size >= FAMILIES_MAX) return
      entry = { type: 'unknown', help: '', unit: '' }
      this.#families.set(family, entry)
    }
    const kept = text.length > TEXT_MAX ? text.slice(0, TEXT_MAX) : text
    if (entry[kind] === kept && isKnown) return
    entry[kind] = kept
    this.#version++
  }

  /** Changes whenever something in it does. */
  get version(): number {
    return this.#version
  }

  get(family: string): FamilyMetadata | undefined {
    return this.#families.get(family)
  }

  clear(): void {
    this.#families.clear()
  }

  get size(): number {
    return this.#families.size
  }

  /** Rough size, as the original counts it: the bytes of its texts. */
  sizeBytes(): number {
    let total = 0
    for (const [name, { type, help, unit }] of this.#families) {
      total += name.length + type.length + help.length + unit.length
    }
    return total
  }

  [Symbol.iterator](): IterableIterator<[string, FamilyMetadata]> {
    return this.#families.entries()
  }
}
