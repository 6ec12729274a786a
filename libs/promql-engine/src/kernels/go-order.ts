// tidy: table
/**
 * The order in which the original leaves equal elements. Its sort is a pattern-defeating quicksort that is not stable,
 * so ties come out as its comparisons and swaps leave them; to print the same, this makes the same ones.
 */

/** What is sorted, by index. `less` need not be a proper order (NaN is below everything, itself too). */
export interface Sortable {
  less(i: number, j: number): boolean
  swap(i: number, j: number): void
}

/** Ranges up to this length are sorted by insertion. */
const INSERTION_MAX = 12
/** From this length on the pivot is a median of medians, and elements out of place are moved one by one. */
const LONG_FROM = 50
const MISPLACED_MAX = 5
const SWAPS_MAX = 12

/** Sorts elements 0 to `length`, not included. */
export function sortLikeOriginal(data: Sortable, length: number): void {
  quick(data, 0, length, bitLength(length))
}

const bitLength = (value: number) => 32 - Math.clz32(value)

function quick(data: Sortable, from: number, to: number, limit: number): void {
  let a = from
  let b = to
  let left = limit
  let isBalanced = true
  let isPartitioned = true
  for (;;) {
    const length = b - a
    if (length <= INSERTION_MAX) {
      insertion(data, a, b)
      return
    }
    if (left === 0) {
      heap(data, a, b)
      return
    }
    if (!isBalanced) {
      scatter(data, a, b)
      left--
    }
    let { pivot, swaps } = choosePivot(data, a, b)
    let seemsSorted = swaps === 0
    if (swaps === SWAPS_MAX) {
      // Seems to descend.
      for (let i = a, j = b - 1; i < j; i++, j--) data.swap(i, j)
      pivot = b - 1 - (pivot - a)
      seemsSorted = true
    }
    if (isBalanced && isPartitioned && seemsSorted && repair(data, a, b)) return
    // Nothing here is below the element before: whatever equals the pivot is in place.
    if (a > 0 && !data.less(a - 1, pivot)) {
      a = partitionEqual(data, a, b, pivot)
      continue
    }
    const { middle, wasPartitioned } = partition(data, a, b, pivot)
    isPartitioned = wasPartitioned
    const before = middle - a
    const after = b - middle
    isBalanced = Math.min(before, after) >= Math.trunc(length / 8)
    if (before < after) {
      quick(data, a, middle, left)
      a = middle + 1
    } else {
      quick(data, middle + 1, b, left)
      b = middle
    }
  }
}

function insertion(data: Sortable, a: number, b: number): void {
  for (let i = a + 1; i < b; i++) {
    for (let j = i; j > a && data.less(j, j - 1); j--) data.swap(j, j - 1)
  }
}

function heap(data: Sortable, a: number, b: number): void {
  const size = b - a
  for (let i = Math.trunc((size - 1) / 2); i >= 0; i--) sink(data, i, size, a)
  for (let i = size - 1; i >= 0; i--) {
    data.swap(a, a + i)
    sink(data, 0, i, a)
  }
}

function sink(data: Sortable, from: number, size: number, first: number): void {
  let root = from
  for (;;) {
    let child = 2 * root + 1
    if (child >= size) return
    if (child + 1 < size && data.less(first + child, first + child + 1)) child++
    if (!data.less(first + root, first + child)) return
    data.swap(first + root, first + child)
    root = child
  }
}

/** Elements below the pivot to its left, others to its right; `middle` is where the pivot ends. */
function partition(
  data: Sortable,
  a: number,
  b: number,
  pivot: number,
): { middle: number; wasPartitioned: boolean } {
  data.swap(a, pivot)
  let i = a + 1
  let j = b - 1
  let swapCount = 0
  for (;;) {
    while (i <= j && data.less(i, a)) i++
    while (i <= j && !data.less(j, a)) j--
    if (i > j) break
    data.swap(i, j)
    swapCount++
    i++
    j--
  }
  data.swap(j, a)
  return { middle: j, wasPartitioned: swapCount === 0 }
}

/** Elements equal to the pivot first; returns where greater ones begin. */
function partitionEqual(data: Sortable, a: number, b: number, pivot: number): number {
  data.swap(a, pivot)
  let i = a + 1
  let j = b - 1
  for (;;) {
    while (i <= j && !data.less(a, i)) i++
    while (i <= j && data.less(a, j)) j--
    if (i > j) return i
    data.swap(i, j)
    i++
    j--
  }
}

/** Sorts what is nearly sorted; false if too much is out of place. */
function repair(data: Sortable, a: number, b: number): boolean {
  let i = a + 1
  for (let misplaced = 0; misplaced < MISPLACED_MAX; misplaced++) {
    while (i < b && !data.less(i, i - 1)) i++
    if (i === b) return true
    if (b - a < LONG_FROM) return false
    data.swap(i, i - 1)
    if (i - a >= 2) for (let j = i - 1; j >= 1 && data.less(j, j - 1); j--) data.swap(j, j - 1)
    if (b - i >= 2) for (let j = i + 1; j < b && data.less(j, j - 1); j++) data.swap(j, j - 1)
  }
  return false
}

const WORD = (1n << 64n) - 1n

/** Swaps three elements in the middle with others, chosen by a generator that starts from the length. */
function scatter(data: Sortable, a: number, b: number): void {
  const length = b - a
  if (length < 8) return
  let state = BigInt(length)
  const mask = (1n << BigInt(bitLength(length))) - 1n
  const middle = a + Math.trunc(length / 4) * 2
  for (let i = 0; i < 3; i++) {
    state ^= (state << 13n) & WORD
    state ^= state >> 7n
    state ^= (state << 17n) & WORD
    let other = Number(state & mask)
    if (other >= length) other -= length
    data.swap(middle - 1 + i, a + other)
  }
}

/** The place of the pivot, and how many swaps a sort of the candidates would have taken. */
function choosePivot(data: Sortable, a: number, b: number): { pivot: number; swaps: number } {
  const length = b - a
  const quarter = Math.trunc(length / 4)
  let swaps = 0
  const median = (x: number, y: number, z: number) => {
    let [low, middle, high] = [x, y, z]
    const order = (p: number, q: number): [number, number] => {
      if (!data.less(q, p)) return [p, q]
      swaps++
      return [q, p]
    }
    ;[low, middle] = order(low, middle)
    ;[middle, high] = order(middle, high)
    ;[low, middle] = order(low, middle)
    return middle
  }
  let i = a + quarter
  let j = a + quarter * 2
  let k = a + quarter * 3
  if (length >= 8) {
    if (length >= LONG_FROM) {
      i = median(i - 1, i, i + 1)
      j = median(j - 1, j, j + 1)
      k = median(k - 1, k, k + 1)
    }
    j = median(i, j, k)
  }
  return { pivot: j, swaps }
}
