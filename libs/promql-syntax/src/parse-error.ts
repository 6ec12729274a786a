import { lineColumn, type TextRange } from './position.ts'

/** The text is not PromQL. `message` is the original's line: `1:4: parse error: unexpected ...`. */
export class ParseError extends Error {
  /** The message without position and prefix. */
  readonly reason: string
  readonly range: TextRange
  readonly query: string

  constructor(reason: string, range: TextRange, query: string) {
    super(`${lineColumn(query, range.start)}: parse error: ${reason}`)
    this.name = 'ParseError'
    this.reason = reason
    this.range = range
    this.query = query
  }
}
