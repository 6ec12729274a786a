/**
 * A pushed family as the bytes of its protobuf message (io.prometheus.client.MetricFamily): that is what the file
 * holds, it takes little memory, and it can be compared and printed where it lies.
 *
 *   name, help, type, unit                                  the header
 *   0x22 length                                             then, for each sample:
 *        ( 0x0a length  0x0a length name  0x12 length value )*   its labels, sorted by name
 *        value                                              see `encode-families.ts` in exposition
 *
 * Lengths are varints of as few bytes as possible, so samples with the same labels have the same bytes there.
 */
import { decodeFamily, decodePoint, type FamilyHeader } from '@prom/exposition'
import type { MetricFamily, MetricPoint, MetricType } from '@prom/metrics'
import { MessageWriter } from '@prom/protobuf'

export const POINT_KEY = 0x22
export const LABEL_KEY = 0x0a
export const NAME_KEY = 0x0a
export const VALUE_KEY = 0x12

/** Immutable but for its texts, which are replaced by equal ones. Families of one push share their bytes. */
export interface PackedFamily {
  name: string
  help: string | undefined
  readonly type: MetricType
  readonly bytes: Uint8Array
  /** The message lies from `start` up to `end`, its samples from `pointsStart`. */
  readonly start: number
  readonly pointsStart: number
  readonly end: number
  readonly count: number
  /** Whether the samples are in the order of a page, each set of labels once. */
  readonly isSorted: boolean
}

/** Whether samples of a type have parts. */
export function isCompound(type: MetricType): boolean {
  return type === 'histogram' || type === 'summary' || type === 'gauge_histogram'
}

/** Walks the samples of a family in place. */
export class PointCursor {
  readonly bytes: Uint8Array
  readonly #end: number
  #next: number
  /** Of the sample at hand: from its key; its labels; its end. */
  start = 0
  labelsStart = 0
  labelsEnd = 0
  end = 0

  constructor({ bytes, pointsStart, end }: Pick<PackedFamily, 'bytes' | 'pointsStart' | 'end'>) {
    this.bytes = bytes
    this.#next = pointsStart
    this.#end = end
  }

  next(): boolean {
    if (this.#next >= this.#end) return false
    this.open(this.#next)
    this.#next = this.end
    return true
  }

  /** Goes to the sample whose key is at an offset. */
  open(start: number): void {
    const { bytes } = this
    const size = varintAt(bytes, start + 1)
    this.start = start
    this.labelsStart = start + 1 + varintSize(size)
    this.end = this.labelsStart + size
    let at = this.labelsStart
    while (at < this.end && bytes[at] === LABEL_KEY) {
      const length = varintAt(bytes, at + 1)
      at += 1 + varintSize(length) + length
    }
    this.labelsEnd = at
  }

  /** The sample, decoded. */
  point(): MetricPoint {
    return decodePoint(this.bytes.subarray(this.labelsStart, this.end))
  }
}

export function unpackFamily({ bytes, start, end }: PackedFamily): MetricFamily {
  return decodeFamily(bytes.subarray(start, end))
}

/** The samples one by one, in the order they were pushed. */
export function* unpackPoints(family: PackedFamily): Generator<MetricPoint, void> {
  const cursor = new PointCursor(family)
  while (cursor.next()) yield cursor.point()
}

export function encodeHeader({ name, help, type, unit }: FamilyHeader): Uint8Array {
  const writer = new MessageWriter().present(1, encoder.encode(name))
  if (help !== undefined) writer.present(2, encoder.encode(help))
  // Written even if it is zero, as the original does.
  writer.raw(Uint8Array.of(3 * 8, TYPE_NUMBERS[type]))
  if (unit !== undefined) writer.present(5, encoder.encode(unit))
  return writer.finish()
}

const encoder = new TextEncoder()
const TYPE_NUMBERS = {
  counter: 0,
  gauge: 1,
  summary: 2,
  untyped: 3,
  histogram: 4,
  gauge_histogram: 5,
} as const

/** Below 2^28, which is larger than any body. */
export function varintAt(bytes: Uint8Array, at: number): number {
  let value = bytes[at]!
  if (value < 128) return value
  value = (value & 127) | (bytes[at + 1]! << 7)
  if (value < 1 << 14) return value
  value = (value & 0x3fff) | (bytes[at + 2]! << 14)
  if (value < 1 << 21) return value
  return (value & 0x1fffff) | (bytes[at + 3]! << 21)
}

export function varintSize(value: number): number {
  if (value < 1 << 7) return 1
  if (value < 1 << 14) return 2
  return value < 1 << 21 ? 3 : 4
}

/** Writes a varint and returns the offset behind it. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}
