/** An alert as clients post it, and its order within a notification. */
import { xxhash64 } from '@prom/bytes'
import { compareBytes, type Labels } from '@prom/labels'
import { ZERO_TIME_MS } from '@prom/receivers'

export interface Alert {
  readonly labels: Labels
  /** Sorted by name; values may be empty. */
  readonly annotations: ReadonlyMap<string, string>
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly generatorUrl: string
  readonly updatedAtMs: number
  /** The end was set by us (resolve_timeout), not by the client. */
  readonly isTimeout: boolean
  /** 16 hexadecimal digits; equal for equal labels. */
  readonly fingerprint: string
}

export function isResolvedAt({ endsAtMs }: { readonly endsAtMs: number }, atMs: number): boolean {
  return endsAtMs !== ZERO_TIME_MS && endsAtMs <= atMs
}

/** One alert out of two reports of it whose times overlap. */
export function mergeAlerts(a: Alert, b: Alert, atMs: number): Alert {
  const [older, younger] = b.updatedAtMs < a.updatedAtMs ? [b, a] : [a, b]
  const isOlderLater = older.endsAtMs > younger.endsAtMs
  const keepsOlderEnd = isResolvedAt(younger, atMs)
    ? isOlderLater && isResolvedAt(older, atMs)
    : isOlderLater && !older.isTimeout
  return {
    ...younger,
    startsAtMs: Math.min(older.startsAtMs, younger.startsAtMs),
    endsAtMs: keepsOlderEnd ? older.endsAtMs : younger.endsAtMs,
  }
}

/** Order within a notification: job, instance, then number of labels and their names and values. */
export function compareAlerts(
  a: { readonly labels: Labels },
  b: { readonly labels: Labels },
): number {
  for (const name of ['job', 'instance']) {
    const x = a.labels.get(name)
    const y = b.labels.get(name)
    if (x === y) continue
    if (x === '') return 1
    if (y === '') return -1
    return compareBytes(x, y)
  }
  return compareLabelSets(a.labels, b.labels)
}

/** The original's order of label sets: fewer labels first, then the first name only one of them has. */
export function compareLabelSets(a: Labels, b: Labels): number {
  if (a.size !== b.size) return a.size - b.size
  for (let i = 0; i < a.size; i++) {
    const name = compareBytes(a.nameAt(i), b.nameAt(i))
    // The set that lacks the smaller name comes first.
    if (name !== 0) return -name
    const value = compareBytes(a.valueAt(i), b.valueAt(i))
    if (value !== 0) return value
  }
  return 0
}

const FNV_OFFSET_HIGH = 0xcbf29ce4
const FNV_OFFSET_LOW = 0x84222325

/** FNV-1a of name, 0xff, value, 0xff ... as 16 hexadecimal digits. */
export function fingerprint(labels: Labels): string {
  let high = FNV_OFFSET_HIGH
  let low = FNV_OFFSET_LOW
  for (const byte of hashInput(labels)) {
    low = (low ^ byte) >>> 0
    // Times 0x100000001b3, in 32-bit halves.
    const product = low * 0x1b3
    high = (Math.imul(high, 0x1b3) + Math.imul(low, 0x100) + Math.floor(product / 2 ** 32)) >>> 0
    low = product >>> 0
  }
  return hex32(high) + hex32(low)
}

/** xxhash64 over the same bytes: how the notification log knows an alert. */
export function alertHash(labels: Labels): bigint {
  let hash = hashes.get(labels)
  if (hash === undefined) {
    hash = xxhash64(hashInput(labels))
    hashes.set(labels, hash)
  }
  return hash
}

/** Each flush asks for the hash of each alert of its group; label sets live as long as their alerts. */
const hashes = new WeakMap<Labels, bigint>()

const encoder = new TextEncoder()
const scratch = new Uint8Array(4096)

/** Valid until the next call. */
function hashInput(labels: Labels): Uint8Array {
  const flat = labels.flat()
  let sizeMax = flat.length
  for (const text of flat) sizeMax += text.length * 3
  // What one alert needed is not kept for all others.
  const bytes = sizeMax <= scratch.length ? scratch : new Uint8Array(sizeMax)
  let size = 0
  for (const text of flat) {
    size = writeText(text, bytes, size)
    bytes[size++] = 0xff
  }
  return bytes.subarray(0, size)
}

/** Short plain texts, which nearly all are, byte by byte: a call of the encoder costs more. */
function writeText(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return at + encoder.encodeInto(text, bytes.subarray(at)).written
    bytes[at + i] = code
  }
  return at + text.length
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}
