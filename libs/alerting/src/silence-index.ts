/**
 * Finds the silences that may match an alert without asking each of them: a silence is kept under one equality of
 * each of its matcher sets, and an alert only asks for those under its own labels.
 */
import type { Labels, Matcher } from '@prom/labels'

type Sets = readonly (readonly Matcher[])[]

export class SilenceIndex {
  readonly #byPair = new Map<string, Set<string>>()
  /** Those with a set without an equality: asked each time. */
  readonly #others = new Set<string>()

  add(id: string, sets: Sets): void {
    const keys = keysOf(sets)
    if (!keys) {
      this.#others.add(id)
      return
    }
    for (const key of keys) {
      const ids = this.#byPair.get(key)
      if (ids) ids.add(id)
      else this.#byPair.set(key, new Set([id]))
    }
  }

  /** `sets` as they were added. */
  remove(id: string, sets: Sets): void {
    this.#others.delete(id)
    for (const key of keysOf(sets) ?? []) {
      const ids = this.#byPair.get(key)
      ids?.delete(id)
      if (ids?.size === 0) this.#byPair.delete(key)
    }
  }

  /** Calls back with each silence that may match, some of them more than once. */
  candidates(labels: Labels, visit: (id: string) => void): void {
    for (const id of this.#others) visit(id)
    if (this.#byPair.size === 0) return
    for (let i = 0; i < labels.size; i++) {
      const ids = this.#byPair.get(keyOf(labels.nameAt(i), labels.valueAt(i)))
      if (ids) for (const id of ids) visit(id)
    }
  }
}

/** Undefined when some set has no equality with a value that a label can have. */
function keysOf(sets: Sets): string[] | undefined {
  const keys: string[] = []
  for (const set of sets) {
    let best: Matcher | undefined
    for (const matcher of set) {
      if (matcher.type !== '=' || matcher.value === '') continue
      // The longest value is the rarest, more often than not.
      if (!best || matcher.value.length > best.value.length) best = matcher
    }
    if (!best) return undefined
    keys.push(keyOf(best.name, best.value))
  }
  return keys
}

function keyOf(name: string, value: string): string {
  return `${name}\u0000${value}`
}
