/** The order of samples on a page, and how many families' samples are brought into it. */
import { LABEL_KEY, type PackedFamily, PointCursor, varintAt, varintSize } from './packed-family.ts'

/**
 * Compares the labels of two samples given by the offsets of their keys: fewer labels first, then the values one by
 * one, as bytes. Negative, zero or positive.
 */
export function comparePoints(
  a: Uint8Array,
  startA: number,
  b: Uint8Array,
  startB: number,
): number {
  const sizeA = varintAt(a, startA + 1)
  const sizeB = varintAt(b, startB + 1)
  let atA = startA + 1 + varintSize(sizeA)
  let atB = startB + 1 + varintSize(sizeB)
  const endA = atA + sizeA
  const endB = atB + sizeB
  let order = 0
  for (;;) {
    const hasA = atA < endA && a[atA] === LABEL_KEY
    const hasB = atB < endB && b[atB] === LABEL_KEY
    if (!hasA || !hasB) {
      if (hasA) return 1
      return hasB ? -1 : order
    }
    const pairA = varintAt(a, atA + 1)
    const pairB = varintAt(b, atB + 1)
    const innerA = atA + 1 + varintSize(pairA)
    const innerB = atB + 1 + varintSize(pairB)
    if (order === 0) order = compareValues(a, innerA, innerA + pairA, b, innerB, innerB + pairB)
    atA = innerA + pairA
    atB = innerB + pairB
  }
}

/** Of two pairs of a name and a value: only the values count. */
function compareValues(
  a: Uint8Array,
  startA: number,
  endA: number,
  b: Uint8Array,
  startB: number,
  endB: number,
): number {
  let i = valueStart(a, startA)
  let j = valueStart(b, startB)
  const count = Math.min(endA - i, endB - j)
  for (let n = 0; n < count; n++, i++, j++) {
    const difference = a[i]! - b[j]!
    if (difference !== 0) return difference
  }
  return endA - i - (endB - j)
}

function valueStart(bytes: Uint8Array, start: number): number {
  const name = varintAt(bytes, start + 1)
  const at = start + 1 + varintSize(name) + name
  return at + 1 + varintSize(varintAt(bytes, at + 1))
}

/** Samples of several families in an order: number `i` is at offset `at[i]` of `bytes[in[i]]`. */
export interface PointList {
  readonly bytes: readonly Uint8Array[]
  readonly in: Uint32Array
  readonly at: Uint32Array
}

const STEP = 2048

/** All samples of the families, in the order of a page; equal ones stay in the order of the families. */
export function* sortPoints(families: readonly PackedFamily[]): Generator<undefined, PointList> {
  const count = families.reduce((sum, family) => sum + family.count, 0)
  const list = {
    bytes: families.map(({ bytes }) => bytes),
    in: new Uint32Array(count),
    at: new Uint32Array(count),
  }
  let index = 0
  for (const [i, family] of families.entries()) {
    const cursor = new PointCursor(family)
    while (cursor.next()) {
      list.in[index] = i
      list.at[index] = cursor.start
      if (++index % STEP === 0) yield undefined
    }
  }
  yield* mergeSort(list, families.length === 1 && families[0]?.isSorted === true)
  return list
}

/** Merges the runs that are in order already, two by two. */
function* mergeSort(list: PointList, isSorted: boolean): Generator<undefined, void> {
  const count = list.at.length
  if (isSorted || count < 2) return
  const compare = (i: number, j: number) =>
    comparePoints(list.bytes[list.in[i]!]!, list.at[i]!, list.bytes[list.in[j]!]!, list.at[j]!)
  let ends: number[] = []
  for (let i = 1; i < count; i++) {
    if (compare(i - 1, i) > 0) ends.push(i)
    if (i % STEP === 0) yield undefined
  }
  ends.push(count)
  const otherIn = new Uint32Array(ends.length > 1 ? count : 0)
  const otherAt = new Uint32Array(ends.length > 1 ? count : 0)
  while (ends.length > 1) {
    const merged: number[] = []
    let start = 0
    let sinceStep = 0
    for (let run = 0; run < ends.length; run += 2) {
      const middle = ends[run]!
      const end = ends[run + 1] ?? middle
      let left = start
      let right = middle
      for (let to = start; to < end; to++) {
        const takesLeft = left < middle && (right >= end || compare(left, right) <= 0)
        const from = takesLeft ? left++ : right++
        otherIn[to] = list.in[from]!
        otherAt[to] = list.at[from]!
        if (++sinceStep % STEP === 0) yield undefined
      }
      merged.push(end)
      start = end
    }
    // An odd run at the end stayed where it was.
    const last = merged.length > 1 ? merged[merged.length - 2]! : 0
    const isOdd = ends.length % 2 === 1
    const copied = isOdd ? last : count
    list.in.set(otherIn.subarray(0, copied))
    list.at.set(otherAt.subarray(0, copied))
    ends = merged
  }
}
