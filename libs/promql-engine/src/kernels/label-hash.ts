import { xxhash64 } from '@prom/bytes'
import type { Labels } from '@prom/labels'

const encoder = new TextEncoder()
let buffer = new Uint8Array(1024)

/**
 * xxHash64 with seed 0 of all names and values in order, each after its byte length (one byte, or 0xff and three
 * bytes little-endian).
 */
export function labelHash(labels: Labels): bigint {
  let at = 0
  for (const text of labels.flat()) {
    const most = at + 4 + text.length * 3
    if (most > buffer.length) {
      const grown = new Uint8Array(most * 2)
      grown.set(buffer)
      buffer = grown
    }
    const start = at + (text.length < 255 ? 1 : 4)
    const { written } = encoder.encodeInto(text, buffer.subarray(start))
    if (written < 255) {
      buffer[at] = written
      at = start + written
      continue
    }
    if (start === at + 1) buffer.copyWithin(at + 4, start, start + written)
    buffer[at] = 255
    buffer[at + 1] = written & 255
    buffer[at + 2] = (written >> 8) & 255
    buffer[at + 3] = (written >> 16) & 255
    at += 4 + written
  }
  return xxhash64(buffer.subarray(0, at))
}
