/** Special NaN values of sample streams. Compare bits: JavaScript numbers may lose a NaN's payload. */

/** Upper and lower half of the staleness marker, 0x7ff0000000000002. */
export const STALE_HIGH = 0x7ff00000
export const STALE_LOW = 0x00000002

/** Upper and lower half of an ordinary NaN, 0x7ff8000000000001. */
export const NAN_HIGH = 0x7ff80000
export const NAN_LOW = 0x00000001

/** Whether the eight bytes at `offset` (little-endian, as in typed arrays) are the marker. */
export function isStaleAt(view: DataView, offset: number): boolean {
  return (
    view.getUint32(offset, true) === STALE_LOW && view.getUint32(offset + 4, true) === STALE_HIGH
  )
}

/** Writes the marker as eight little-endian bytes. */
export function writeStaleAt(view: DataView, offset: number): void {
  view.setUint32(offset, STALE_LOW, true)
  view.setUint32(offset + 4, STALE_HIGH, true)
}

/** Whether element `index` of a column is the marker; `bits` is a Uint32Array over the column's buffer. */
export function isStaleBits(bits: Uint32Array, index: number): boolean {
  return bits[2 * index + 1] === STALE_HIGH && bits[2 * index] === STALE_LOW
}

/** Stores the marker as element `index` of a column; `bits` is a Uint32Array over the column's buffer. */
export function setStaleBits(bits: Uint32Array, index: number): void {
  bits[2 * index] = STALE_LOW
  bits[2 * index + 1] = STALE_HIGH
}
