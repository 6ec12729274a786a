/** One input of the corpus: a command line, its files, what it reads. */
export interface Input {
  readonly argv: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly stdin?: string
}
