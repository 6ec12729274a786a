/**
 * An immutable label set: names ascending by UTF-8 bytes, no empty values. Kept flat
 * (`[name0, value0, name1, value1, ...]`), because an object per label costs more than its text.
 */
export const METRIC_NAME = '__name__'
const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME])

export class Labels {
  readonly #flat: readonly string[]
  #key: string | undefined
  #nameless: Labels | undefined
  /** What was derived last, and by what. */
  #lastBy: object | undefined
  #lastDerived: Labels | undefined
  #otherBy: object | undefined
  #otherDerived: Labels | undefined
  #textScope = 0
  #textAt = 0
  #textBytes = 0

  private constructor(flat: readonly string[]) {
    this.#flat = flat
  }

  /** From pairs in any order; a later pair wins over an earlier one, an empty value removes the label. */
  static from(
    source: Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
  ): Labels {
    const pairs = new Map(
      Symbol.iterator in source
        ? (source as Iterable<readonly [string, string]>)
        : Object.entries(source as Readonly<Record<string, string>>),
    )
    const names = [...pairs.keys()].filter((name) => pairs.get(name) !== '').sort(compareBytes)
    return new Labels(names.flatMap((name) => [name, pairs.get(name) as string]))
  }

  /** From a flat array that already is sorted, unique and without empty values. Not copied. */
  static fromSortedFlat(flat: readonly string[]): Labels {
    return new Labels(flat)
  }

  /** Number of labels. */
  get size(): number {
    return this.#flat.length >> 1
  }

  nameAt(index: number): string {
    return this.#flat[index * 2] as string
  }

  valueAt(index: number): string {
    return this.#flat[index * 2 + 1] as string
  }

  /** The value of `name`, or '' if there is none. */
  get(name: string): string {
    const flat = this.#flat
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1] as string
    return ''
  }

  has(name: string): boolean {
    return this.get(name) !== ''
  }

  /** The flat pairs; not to be written. */
  flat(): readonly string[] {
    return this.#flat
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (let i = 0; i < this.size; i++) yield [this.nameAt(i), this.valueAt(i)]
  }

  /** A copy with `name` set (or removed, if `value` is empty). */
  with(name: string, value: string): Labels {
    const flat = this.#flat
    let at = 0
    while (at < flat.length && compareBytes(flat[at] as string, name) < 0) at += 2
    const isThere = flat[at] === name
    const put = value === '' ? [] : [name, value]
    return new Labels([...flat.slice(0, at), ...put, ...flat.slice(isThere ? at + 2 : at)])
  }

  without(names: ReadonlySet<string>): Labels {
    const flat: string[] = []
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (!names.has(this.#flat[i] as string)) {
        flat.push(this.#flat[i] as string, this.#flat[i + 1] as string)
      }
    }
    return flat.length === this.#flat.length ? this : new Labels(flat)
  }

  /** Without the metric name; the same object each time. */
  withoutName(): Labels {
    this.#nameless ??= this.without(NAME_ONLY)
    return this.#nameless
  }

  /** What `make` makes of these labels; remembered for the two `by` asked for last. */
  derived(by: object, make: (labels: Labels) => Labels): Labels {
    if (this.#lastBy === by) return this.#lastDerived as Labels
    if (this.#otherBy === by) return this.#otherDerived as Labels
    this.#otherBy = this.#lastBy
    this.#otherDerived = this.#lastDerived
    this.#lastBy = by
    this.#lastDerived = make(this)
    return this.#lastDerived
  }

  /** Notes where an encoder keeps the text of these labels; `scope` is its own number, not 0, as long as it does. */
  keepText(scope: number, at: number, bytes: number): void {
    this.#textScope = scope
    this.#textAt = at
    this.#textBytes = bytes
  }

  get textScope(): number {
    return this.#textScope
  }

  get textAt(): number {
    return this.#textAt
  }

  get textBytes(): number {
    return this.#textBytes
  }

  only(names: ReadonlySet<string>): Labels {
    const flat: string[] = []
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (names.has(this.#flat[i] as string)) {
        flat.push(this.#flat[i] as string, this.#flat[i + 1] as string)
      }
    }
    return new Labels(flat)
  }

  /** A string that is equal exactly for equal label sets; for use as a Map key. */
  key(): string {
    this.#key ??= this.#flat.join('\u{10ffff}')
    return this.#key
  }

  equals(other: Labels): boolean {
    return this === other || this.key() === other.key()
  }

  /** Order of the originals: pair by pair, name bytes then value bytes; a prefix comes first. */
  compare(other: Labels): number {
    const a = this.#flat
    const b = other.#flat
    const length = Math.min(a.length, b.length)
    for (let i = 0; i < length; i++) {
      if (a[i] !== b[i]) return compareBytes(a[i] as string, b[i] as string)
    }
    return a.length - b.length
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this)
  }

  /** `{a="1", b="2"}` as in Go's labels.String; the metric name is an ordinary label here. */
  toString(): string {
    const parts: string[] = []
    for (const [name, value] of this) {
      const printed = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(name)
      parts.push(`${printed}=${JSON.stringify(value)}`)
    }
    return `{${parts.join(', ')}}`
  }
}

export const EMPTY_LABELS = Labels.fromSortedFlat([])

/**
 * Compares two strings by their UTF-8 bytes. UTF-16 code units order the same way, except that surrogates
 * (astral code points) sort after U+E000..U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    if (x >= 0xd800 && y >= 0xd800) {
      if (x >= 0xe000) x -= 0x2000
      else x += 0x2000
      if (y >= 0xe000) y -= 0x2000
      else y += 0x2000
    }
    return x - y
  }
  return a.length - b.length
}
