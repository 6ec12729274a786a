/**
 * Text of devices and firmware need not be UTF-8. Files are decoded with the replacement character in place of what is
 * none, one for each run of bad bytes as the original puts it.
 */
export function replaceInvalid(text: string): string {
  return text.includes('\ufffd') ? text.replace(/\ufffd+/g, '\ufffd') : text
}
