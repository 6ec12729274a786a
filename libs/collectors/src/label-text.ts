/**
 * Text of devices and firmware need not be UTF-8. Each run of bytes that is none becomes one replacement character, as
 * the original has it; TextDecoder would put several.
 */
export function decodeText(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (!text.includes('\ufffd')) return text
  let result = ''
  let isInRun = false
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      if (!isInRun) result += '\ufffd'
      isInRun = true
      at++
      continue
    }
    isInRun = false
    result += bytes.toString('utf8', at, at + length)
    at += length
  }
  return result
}

/** How many bytes the character here has; 0 if there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
  if (length === 0 || first > 0xf4 || at + length > bytes.length) return 0
  const text = bytes.toString('utf8', at, at + length)
  // Anything wrong inside comes out as a replacement, and only the real one has these three bytes.
  if (!text.includes('\ufffd')) return length
  return length === 3 && first === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd ? 3 : 0
}
