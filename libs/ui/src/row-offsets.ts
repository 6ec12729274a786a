/** Where rows of different heights begin. */

/** One more than there are items: the last is the height of all, pixels. */
export function offsetsOf<T>(items: readonly T[], heightOf: (item: T) => number): Float64Array {
  const offsets = new Float64Array(items.length + 1)
  for (let i = 0; i < items.length; i++) {
    offsets[i + 1] = (offsets[i] as number) + heightOf(items[i] as T)
  }
  return offsets
}

/** The row that is drawn at `y`; the first above, the last below. */
export function findRow(offsets: Float64Array, y: number): number {
  let low = 0
  let high = Math.max(0, offsets.length - 2)
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((offsets[middle] as number) <= y) low = middle
    else high = middle - 1
  }
  return low
}
