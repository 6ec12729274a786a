/** Beyond this many, errors are counted and not written out: a push can have one for each of its samples. */
const TEXTS_MAX = 1000

/** What is wrong with a push or a page, in the original's form. */
export class ErrorList {
  readonly #texts: string[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  add(text: () => string): void {
    if (this.#count++ < TEXTS_MAX) this.#texts.push(text())
  }

  /** The one error, or a list of them. */
  print(): string {
    if (this.#count === 1) return this.#texts[0] as string
    const left = this.#count - this.#texts.length
    const rest = left > 0 ? `\n* and ${left} more` : ''
    return `${this.#count} error(s) occurred:\n* ${this.#texts.join('\n* ')}${rest}`
  }
}
