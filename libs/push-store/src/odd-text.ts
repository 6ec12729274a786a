/** Text that came as bytes which need not be UTF-8: in paths, and in base64. */
import { isUtf8 } from 'node:buffer'

/** Bytes as text; those that are no UTF-8 as U+DC00 and their value. */
export function textOf(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString()
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const size = [1, 2, 3, 4].find((length) => isUtf8(bytes.subarray(at, at + length)))
    if (size === undefined || at + size > bytes.length) {
      text += String.fromCharCode(0xdc00 + (bytes[at] as number))
      at++
    } else {
      text += Buffer.from(bytes.subarray(at, at + size)).toString()
      at += size
    }
  }
  return text
}

/** Whether a text stands for bytes that are no UTF-8. */
export function hasOddBytes(text: string): boolean {
  return /[\udc00-\udfff]/u.test(text)
}
