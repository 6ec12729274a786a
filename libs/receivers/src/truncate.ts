/** Cuts a text to a number of runes, the last one being the ellipsis. */
export function truncateRunes(text: string, max: number): { text: string; isCut: boolean } {
  if (text.length <= max) return { text, isCut: false }
  const runes = [...text]
  if (runes.length <= max) return { text, isCut: false }
  if (max <= 3) return { text: runes.slice(0, max).join(''), isCut: true }
  return { text: `${runes.slice(0, max - 1).join('')}…`, isCut: true }
}

/** As `truncateRunes`, for a limit in bytes of UTF-8; never cuts a character in half. */
export function truncateBytes(text: string, max: number): { text: string; isCut: boolean } {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= max) return { text, isCut: false }
  if (max <= 3) return { text: new TextDecoder().decode(bytes.subarray(0, max)), isCut: true }
  let end = max - 3
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return { text: `${new TextDecoder().decode(bytes.subarray(0, end))}…`, isCut: true }
}
