/** The path of a request as text: percent signs decoded. */
import { textOf } from '@prom/push-store'

const PERCENT = 37

/**
 * `raw`: as Node gives it, a character per byte. Undefined where an escape is none. Bytes that are no UTF-8 become half
 * surrogate pairs, which no text that is UTF-8 has (see `hasOddBytes`).
 */
export function decodePath(raw: string): string | undefined {
  if (/^[ -$&-~]*$/.test(raw)) return raw
  if (/%(?![0-9a-f]{2})/i.test(raw)) return undefined
  const sent = Buffer.from(raw, 'latin1')
  const bytes = Buffer.alloc(sent.length)
  let size = 0
  for (let at = 0; at < sent.length; at++) {
    let byte = sent[at] as number
    if (byte === PERCENT) {
      byte = Number.parseInt(sent.toString('latin1', at + 1, at + 3), 16)
      at += 2
    }
    bytes[size++] = byte
  }
  return textOf(bytes.subarray(0, size))
}
