/** When groups evaluate: each at its own place in its interval, the same after every restart. */
import { xxhash64 } from '@prom/bytes'

/** How far into its interval a group evaluates, milliseconds. */
export function groupOffset(file: string, group: string, intervalMs: number): number {
  return Number(groupOffsetNs(file, group, intervalMs) / 1_000_000n)
}

/** As `groupOffset`, in nanoseconds: what the original computes with. */
export function groupOffsetNs(file: string, group: string, intervalMs: number): bigint {
  const hash = xxhash64(encodeLabels(['file', file, 'name', group]))
  return hash % (BigInt(intervalMs) * 1_000_000n)
}

/** The last slot at or before `nowMs`. */
export function slotAt(nowMs: number, offsetMs: number, intervalMs: number): number {
  const shifted = nowMs - offsetMs
  return shifted - (((shifted % intervalMs) + intervalMs) % intervalMs) + offsetMs
}

// Compat: the original hashes a label set in its memory form: each text with its length in front, one byte, or 255
// and three bytes.
function encodeLabels(texts: readonly string[]): Uint8Array {
  const parts: number[] = []
  for (const text of texts) {
    const bytes = new TextEncoder().encode(text)
    const { length } = bytes
    if (length < 255) parts.push(length)
    else parts.push(255, length & 255, (length >> 8) & 255, (length >> 16) & 255)
    parts.push(...bytes)
  }
  return Uint8Array.from(parts)
}
