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
    // One label set for all reports of an alert: what is known of it is known by that object.
    labels: a.labels,
    annotations: younger.annotations,
    startsAtMs: Math.min(older.startsAtMs, younger.startsAtMs),
    endsAtMs: keepsOlderEnd ? older.endsAtMs : younger.endsAtMs,
    generatorUrl: younger.generatorUrl,
    updatedAtMs: younger.updatedAtMs,
    isTimeout: younger.isTimeout,
    fingerprint: a.fingerprint,
  }
}

/** Order within a notification: job, instance, then number of labels and their names and values. */
export function compareAlerts(
  a: { readonly labels: Labels },
  b: { readonly labels: Labels },
): number {
  return compareRanked(ranked(a), ranked(b))
}

/** A copy in the order of `compareAlerts`. */
export function sortAlerts<T extends { readonly labels: Labels }>(alerts: Iterable<T>): T[] {
  return Array.from(alerts, ranked)
    .sort(compareRanked)
    .map(({ item }) => item)
}

interface Ranked<T> {
  readonly item: T
  readonly job: string
  readonly instance: string
}

function ranked<T extends { readonly labels: Labels }>(item: T): Ranked<T> {
  return { item, job: item.labels.get('job'), instance: item.labels.get('instance') }
}

function compareRanked<T extends { readonly labels: Labels }>(a: Ranked<T>, b: Ranked<T>): number {
  return (
    compareValues(a.job, b.job) ||
    compareValues(a.instance, b.instance) ||
    compareLabelSets(a.item.labels, b.item.labels)
  )
}

/** Those without the label come last. */
function compareValues(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  return b === '' ? -1 : compareBytes(a, b)
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
    low ^= byte
    // Times 0x100000001b3, in halves that stay within 32 bits.
    const bottom = (low & 0xffff) * 0x1b3
    const top = (low >>> 16) * 0x1b3 + (bottom >>> 16)
    high = (Math.imul(high, 0x1b3) + (low << 8) + (top >>> 16)) | 0
    low = (top << 16) | (bottom & 0xffff)
  }
  return hex64(high, low)
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

/** At once: a text joined of two is no flat one, and this one is the key of many maps. */
function hex64(high: number, low: number): string {
  return String.fromCharCode(
    DIGITS[high >>> 28] as number,
    DIGITS[(high >>> 24) & 15] as number,
    DIGITS[(high >>> 20) & 15] as number,
    DIGITS[(high >>> 16) & 15] as number,
    DIGITS[(high >>> 12) & 15] as number,
    DIGITS[(high >>> 8) & 15] as number,
    DIGITS[(high >>> 4) & 15] as number,
    DIGITS[high & 15] as number,
    DIGITS[low >>> 28] as number,
    DIGITS[(low >>> 24) & 15] as number,
    DIGITS[(low >>> 20) & 15] as number,
    DIGITS[(low >>> 16) & 15] as number,
    DIGITS[(low >>> 12) & 15] as number,
    DIGITS[(low >>> 8) & 15] as number,
    DIGITS[(low >>> 4) & 15] as number,
    DIGITS[low & 15] as number,
  )
}

const DIGITS = encoder.encode('0123456789abcdef')
