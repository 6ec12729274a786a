import type { ScalarNode } from './node.ts'

/** Where a plain document is being read, and the patterns' way of moving on. */
export class PlainCursor {
  readonly text: string
  at = 0
  /** From 1. */
  line = 1
  lineStart = 0

  constructor(text: string) {
    this.text = text
  }

  /** From 0. */
  get column(): number {
    return this.at - this.lineStart
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** Moves behind `pattern`, which is sticky, if it matches here. */
  take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.text)) return false
    this.at = pattern.lastIndex
    return true
  }

  /** As `take`, where the pattern may go over line ends. */
  takeLines(pattern: RegExp): boolean {
    const from = this.at
    if (!this.take(pattern)) return false
    const { text, at } = this
    for (
      let end = text.indexOf('\n', from);
      end >= 0 && end < at;
      end = text.indexOf('\n', end + 1)
    ) {
      this.line++
      this.lineStart = end + 1
    }
    return true
  }

  /** A scalar that begins at `start`, on this line. */
  scalar(text: string, isPlain: boolean, start: number): ScalarNode {
    const isNull = isPlain && (text === '' || text === '~' || text === 'null')
    return {
      kind: isNull ? 'null' : 'scalar',
      text,
      isPlain,
      tag: '',
      line: this.line,
      column: start - this.lineStart + 1,
    }
  }
}
