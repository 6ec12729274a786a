const LINE_MAX = 76
const encoder = new TextEncoder()

/** RFC 2045: printable ASCII, everything else as =XX, lines of at most 76 characters ended by CRLF. */
export function encodeQuotedPrintable(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map(encodeLine)
    .join('\r\n')
}

function encodeLine(line: string): string {
  const bytes = encoder.encode(line)
  const rows: string[] = []
  let row = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    const isLast = i === bytes.length - 1
    const isBlank = byte === 0x20 || byte === 0x09
    const isPlain = (byte > 0x20 && byte < 0x7f && byte !== 0x3d) || (isBlank && !isLast)
    const piece = isPlain
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
    // One column is kept for the soft break, which the last piece of a line does not need.
    if (row.length + piece.length > LINE_MAX - (isLast ? 0 : 1)) {
      rows.push(`${row}=`)
      row = ''
    }
    row += piece
  }
  rows.push(row)
  return rows.join('\r\n')
}
