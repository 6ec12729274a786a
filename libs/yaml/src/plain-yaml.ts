/**
 * YAML as most configuration is written: blocks by indentation, words, quoted strings on one line, `|` and `>` texts,
 * `[a, b]` and `{a: b}` on one line, comments. Everything else, errors included, is left to the full parser: this one
 * gives up. It takes lines apart with a few patterns, which is quick from the first line on; a short-lived tool spends
 * most of its time in code that runs for the first time.
 */
import type { ConfigNode, MapEntry } from './node.ts'
import { PlainCursor } from './plain-cursor.ts'
import { readPlainFlow } from './plain-flow.ts'
import { readPlainText } from './plain-text.ts'

const DEPTH_MAX = 60
/** Tabs, carriage returns, other line breaks, control characters, halves of characters. */
const UNUSUAL =
  /[^\n\x20-\x7e\xa0-\u2027\u202a-\ufefe]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const DOCUMENT_START = /---(?: *| +#[^\n]*)(?=\n)/y
const DOCUMENT_MARK = /^(?:---|\.\.\.|%)/m
/** Blank lines and lines with a comment alone, up to the first character of the next line. */
const GAP = /(?: *(?:#[^\n]*)?\n)* */y
const LINE_REST = /(?: *| +#[^\n]*)(?=\n|$)/y
const BLANKS = / */y
const DASH = /-(?=[ \n])/y
const KEY = /[A-Za-z_][\w./-]*:(?=[ \n]|$)/y
const WORD = /(?:[A-Za-z0-9_/.$+<=^~(;\\]|-(?=[^ \n]))[^\n]*/y
/** The next line, where a word may go on. */
const NEXT_LINE = /\n *(?=[A-Za-z0-9_/.$+<=^~(;\\)>*-])/y
const LINE = /[^\n]*/y
const COMMENT = / +#/
/** A mapping where a word was expected, or something the full parser has to judge. */
const IN_WORD = /:(?: |$)/

/** The document's root, or undefined: not plain, ask the full parser. */
export function readPlainYaml(text: string): ConfigNode | undefined {
  if (UNUSUAL.test(text)) return undefined
  return new PlainReader(text).read()
}

/** Every method gives undefined where the text is not plain, and leaves the cursor at the next token otherwise. */
class PlainReader {
  readonly #cursor: PlainCursor
  #depth = 0

  constructor(text: string) {
    this.#cursor = new PlainCursor(text)
  }

  read(): ConfigNode | undefined {
    const cursor = this.#cursor
    cursor.takeLines(GAP)
    if (cursor.column === 0 && cursor.take(DOCUMENT_START)) cursor.takeLines(GAP)
    if (cursor.isAtEnd || DOCUMENT_MARK.test(cursor.text.slice(cursor.at))) return undefined
    const root = this.#block()
    return cursor.isAtEnd ? root : undefined
  }

  /** The list or mapping that begins here. */
  #block(): ConfigNode | undefined {
    if (++this.#depth > DEPTH_MAX) return undefined
    const node = this.#isAt(DASH) ? this.#list() : this.#map()
    this.#depth--
    return node
  }

  #isAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.#cursor.at
    return pattern.test(this.#cursor.text)
  }

  /** Whether the token here stands right of `column`. */
  #isInside(column: number): boolean {
    return this.#cursor.column > column && !this.#cursor.isAtEnd
  }

  #endLine(): boolean {
    return this.#cursor.take(LINE_REST) && this.#cursor.takeLines(GAP)
  }

  #list(): ConfigNode | undefined {
    const { column, line } = this.#cursor
    const items: ConfigNode[] = []
    while (this.#cursor.column === column && this.#cursor.take(DASH)) {
      const item = this.#item(column)
      if (item === undefined) return undefined
      items.push(item)
    }
    return this.#isInside(column)
      ? undefined
      : { kind: 'list', tag: '', items, line, column: column + 1 }
  }

  #item(column: number): ConfigNode | undefined {
    this.#cursor.take(BLANKS)
    if (this.#isAt(KEY)) return this.#block()
    const code = this.#cursor.text.charCodeAt(this.#cursor.at)
    if (code !== 0x0a && code !== 0x23) return this.#value(column)
    return this.#endLine() && this.#isInside(column) ? this.#block() : undefined
  }

  #map(): ConfigNode | undefined {
    const cursor = this.#cursor
    const { column, line, text } = cursor
    const entries: MapEntry[] = []
    while (cursor.column === column && !cursor.isAtEnd) {
      const start = cursor.at
      if (!cursor.take(KEY)) break
      const key = cursor.scalar(text.slice(start, cursor.at - 1), true, start)
      const value = this.#entry(column)
      if (value === undefined) return undefined
      entries.push({ key, value })
    }
    return entries.length === 0 || this.#isInside(column)
      ? undefined
      : { kind: 'map', tag: '', entries, line, column: column + 1 }
  }

  /** What stands behind the colon of a key at `column`. */
  #entry(column: number): ConfigNode | undefined {
    const cursor = this.#cursor
    const empty = cursor.scalar('', true, cursor.at)
    if (!this.#endLine()) {
      cursor.take(BLANKS)
      return this.#value(column)
    }
    if (this.#isInside(column)) return this.#block()
    return cursor.column === column && this.#isAt(DASH) ? this.#block() : empty
  }

  /** A value on the line of its key or dash, which stands at `column`. */
  #value(column: number): ConfigNode | undefined {
    switch (this.#cursor.text.charCodeAt(this.#cursor.at)) {
      case 0x7c: // |
      case 0x3e: // >
        return this.#ended(readPlainText(this.#cursor, column), column)
      case 0x22: // "
      case 0x27: // '
      case 0x5b: // [
      case 0x7b: {
        const node = readPlainFlow(this.#cursor)
        return this.#cursor.take(LINE_REST) ? this.#ended(node, column) : undefined
      }
    }
    return this.#ended(this.#word(column), column)
  }

  #ended(node: ConfigNode | undefined, column: number): ConfigNode | undefined {
    this.#cursor.takeLines(GAP)
    return this.#isInside(column) ? undefined : node
  }

  /** Text without quotes, which goes on in following lines that stand right of `column`. */
  #word(column: number): ConfigNode | undefined {
    const cursor = this.#cursor
    const start = cursor.at
    if (!cursor.take(WORD)) return undefined
    const first = this.#pieceFrom(start)
    if (first === undefined) return undefined
    const node = cursor.scalar(first.text, true, start)
    if (first.isLast) return node
    let whole = first.text
    for (;;) {
      NEXT_LINE.lastIndex = cursor.at
      if (!NEXT_LINE.test(cursor.text)) break
      if (NEXT_LINE.lastIndex - cursor.at - 1 <= column) break
      cursor.takeLines(NEXT_LINE)
      const from = cursor.at
      cursor.take(LINE)
      const piece = this.#pieceFrom(from)
      if (piece === undefined) return undefined
      whole += ` ${piece.text}`
      if (piece.isLast) break
    }
    return whole === first.text ? node : { ...node, kind: 'scalar', text: whole }
  }

  /** From `start` to the end of the line or a comment. */
  #pieceFrom(start: number): { readonly text: string; readonly isLast: boolean } | undefined {
    const line = this.#cursor.text.slice(start, this.#cursor.at)
    const comment = line.includes('#') ? line.search(COMMENT) : -1
    const text = (comment < 0 ? line : line.slice(0, comment)).trimEnd()
    return IN_WORD.test(text) ? undefined : { text, isLast: comment >= 0 }
  }
}
