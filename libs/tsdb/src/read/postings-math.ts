/** Ascending lists of refs. */

export function intersect(a: Uint32Array, b: Uint32Array): Uint32Array {
  const [small, large] = a.length <= b.length ? [a, b] : [b, a]
  const out = new Uint32Array(small.length)
  let count = 0
  let at = 0
  for (const ref of small) {
    at = seek(large, at, ref)
    if (at === large.length) break
    if (large[at] === ref) out[count++] = ref
  }
  return out.subarray(0, count)
}

/** What is in `a` but not in `b`. */
export function subtract(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(a.length)
  let count = 0
  let at = 0
  for (const ref of a) {
    while (at < b.length && b[at]! < ref) at++
    if (b[at] !== ref) out[count++] = ref
  }
  return out.subarray(0, count)
}

export function union(lists: readonly Uint32Array[]): Uint32Array {
  if (lists.length === 1) return lists[0] as Uint32Array
  let total = 0
  for (const list of lists) total += list.length
  const all = new Uint32Array(total)
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  all.sort()
  let count = 0
  for (let i = 0; i < total; i++) if (i === 0 || all[i] !== all[i - 1]) all[count++] = all[i]!
  return all.subarray(0, count)
}

/** First index from `start` on whose ref is not below `ref`: steps double, then a binary search. */
function seek(list: Uint32Array, start: number, ref: number): number {
  let low = start
  let step = 1
  while (low + step < list.length && list[low + step]! < ref) {
    low += step
    step *= 2
  }
  let high = Math.min(list.length, low + step + 1)
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! < ref) low = middle + 1
    else high = middle
  }
  return low
}
