/** A part of the query text, as string indices: `start` up to, not including, `end`. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** UTF-8 length of `text`, because the originals count columns in bytes. */
export function byteLength(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) length += 1
    else if (code < 0x800) length += 2
    else if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
      length += 4
      i++
    } else length += 3
  }
  return length
}

/** `line:column` of a string index, both from 1. */
export function lineColumn(text: string, index: number): string {
  if (text === '') return 'unknown position'
  if (index < 0 || index > text.length) return 'invalid position'
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  return `${line}:${byteLength(text.slice(lineStart, index)) + 1}`
}
