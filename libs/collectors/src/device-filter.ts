/** Which devices a collector leaves out. The patterns are RE2 and may match anywhere in the name. */
import { AnchoredRegex } from '@prom/regex'

/** A pattern searched for anywhere in a value, as the original's collectors do. */
export class SearchPattern {
  readonly pattern: string
  readonly #matches: (value: string) => boolean

  /** Patterns of ours (the defaults of flags) run natively: only those of users need the guarded engine. */
  constructor(pattern: string, isOurs = false) {
    this.pattern = pattern
    if (isOurs) {
      const native = new RegExp(pattern)
      this.#matches = (value) => native.test(value)
    } else {
      const regex = AnchoredRegex.compile(`.*(?:${pattern}).*`)
      this.#matches = (value) => regex.matches(value)
    }
  }

  matches(value: string): boolean {
    return this.#matches(value)
  }
}

export class DeviceFilter {
  readonly #exclude: SearchPattern | undefined
  readonly #include: SearchPattern | undefined
  readonly #verdicts = new Map<string, boolean>()

  /** An empty pattern is no pattern. */
  constructor(exclude: string, include: string, isExcludeOurs = false) {
    this.#exclude = exclude === '' ? undefined : new SearchPattern(exclude, isExcludeOurs)
    this.#include = include === '' ? undefined : new SearchPattern(include)
  }

  /** Ignored: excluded, or not among what is asked for. */
  ignores(name: string): boolean {
    let verdict = this.#verdicts.get(name)
    if (verdict === undefined) {
      verdict =
        (this.#exclude?.matches(name) ?? false) ||
        (this.#include !== undefined && !this.#include.matches(name))
      if (this.#verdicts.size >= VERDICTS_MAX) this.#verdicts.clear()
      this.#verdicts.set(name, verdict)
    }
    return verdict
  }
}

/** Names of devices come and go (containers): the memory of verdicts is emptied when it is full. */
const VERDICTS_MAX = 10_000
