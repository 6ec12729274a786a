import type { Labels } from '@prom/labels'

const PRIME1 = 0x9e3779b185ebca87n
const PRIME2 = 0xc2b2ae3d27d4eb4fn
const PRIME3 = 0x165667b19e3779f9n
const PRIME4 = 0x85ebca77c2b2ae63n
const PRIME5 = 0x27d4eb2f165667c5n
const MASK = (1n << 64n) - 1n

/**
 * xxHash64 with seed 0 of all names and values in order, each after its byte length (one byte, or 0xff and three
 * bytes little-endian). Not for hot code: it works on bigints.
 */
export function labelHash(labels: Labels): bigint {
  const parts: Uint8Array[] = []
  for (const text of labels.flat()) {
    const bytes = Buffer.from(text)
    const { length } = bytes
    const prefix =
      length < 255 ? [length] : [255, length & 255, (length >> 8) & 255, (length >> 16) & 255]
    parts.push(Uint8Array.from(prefix), bytes)
  }
  return xxHash64(Buffer.concat(parts))
}

const rotate = (value: bigint, bits: bigint) => ((value << bits) | (value >> (64n - bits))) & MASK
const round = (sum: bigint, lane: bigint) =>
  (rotate((sum + lane * PRIME2) & MASK, 31n) * PRIME1) & MASK
const mergeRound = (hash: bigint, sum: bigint) => ((hash ^ round(0n, sum)) * PRIME1 + PRIME4) & MASK

/** xxHash64 with seed 0. */
export function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  let hash: bigint
  if (bytes.length >= 32) {
    const sums = [(PRIME1 + PRIME2) & MASK, PRIME2, 0n, -PRIME1 & MASK]
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane++) {
        sums[lane] = round(sums[lane] as bigint, view.getBigUint64(at + lane * 8, true))
      }
    }
    const [a, b, c, d] = sums as [bigint, bigint, bigint, bigint]
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK
    for (const sum of sums) hash = mergeRound(hash, sum)
  } else hash = PRIME5
  hash = (hash + BigInt(bytes.length)) & MASK
  for (; at + 8 <= bytes.length; at += 8) {
    hash ^= round(0n, view.getBigUint64(at, true))
    hash = (rotate(hash, 27n) * PRIME1 + PRIME4) & MASK
  }
  if (at + 4 <= bytes.length) {
    hash ^= (BigInt(view.getUint32(at, true)) * PRIME1) & MASK
    hash = (rotate(hash, 23n) * PRIME2 + PRIME3) & MASK
    at += 4
  }
  for (; at < bytes.length; at++) {
    hash ^= (BigInt(bytes[at] as number) * PRIME5) & MASK
    hash = (rotate(hash, 11n) * PRIME1) & MASK
  }
  hash = ((hash ^ (hash >> 33n)) * PRIME2) & MASK
  hash = ((hash ^ (hash >> 29n)) * PRIME3) & MASK
  return hash ^ (hash >> 32n)
}
