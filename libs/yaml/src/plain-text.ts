import type { ScalarNode } from './node.ts'
import type { PlainCursor } from './plain-cursor.ts'

const HEADER = /[|>][-+]? *\n/y
const FIRST_LINE = / *(?=[^ \n])/y

/** Patterns of one indentation: the lines that belong to a text, and what is cut off them. */
interface Indentation {
  readonly lines: RegExp
  readonly margin: RegExp
}

const indentations: Indentation[] = []

function indentation(width: number): Indentation {
  indentations[width] ??= {
    lines: new RegExp(`(?: {${width}}[^\\n]*\\n| *\\n)*`, 'y'),
    margin: new RegExp(`^ {1,${width}}`, 'gm'),
  }
  return indentations[width]
}

/** A text after `|` or `>` whose lines stand right of `column`; the cursor goes behind it. Undefined: not plain. */
export function readPlainText(cursor: PlainCursor, column: number): ScalarNode | undefined {
  const { text, at: start } = cursor
  const place = { line: cursor.line, column: cursor.column + 1 }
  const chomping = text[start + 1]
  if (!cursor.takeLines(HEADER)) return undefined
  FIRST_LINE.lastIndex = cursor.at
  if (!FIRST_LINE.test(text)) return undefined
  const width = FIRST_LINE.lastIndex - cursor.at
  if (width <= column || width > 100) return undefined
  const { lines, margin } = indentation(width)
  const bodyStart = cursor.at
  cursor.takeLines(lines)
  const body = text.slice(bodyStart, cursor.at).replace(margin, '')
  let end = body.length
  while (body.charCodeAt(end - 1) === 0x0a) end--
  const stripped = body.slice(0, end)
  // Blanks at the end of a text, and lines that are folded in other ways than to one line.
  if (end === 0 || / $/.test(stripped)) return undefined
  if (text[start] === '>' && /^ |\n[ \n]/.test(stripped)) return undefined
  const folded = text[start] === '>' ? stripped.replaceAll('\n', ' ') : stripped
  const ending = chomping === '-' ? '' : chomping === '+' ? body.slice(end) : '\n'
  return { kind: 'scalar', text: folded + ending, isPlain: false, tag: '', ...place }
}
