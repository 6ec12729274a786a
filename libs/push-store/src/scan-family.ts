import { isUtf8 } from 'node:buffer'
import { decodeFamily, decodePoint } from '@prom/exposition'
import {
  LABEL_KEY,
  NAME_KEY,
  type PackedFamily,
  POINT_KEY,
  VALUE_KEY,
  varintAt,
  varintSize,
} from './packed-family.ts'
import { comparePoints } from './point-order.ts'

const HELP_KEY = 0x12
const TYPE_KEY = 0x18
const UNIT_KEY = 0x2a
const DOUBLE_BYTES = 8

/**
 * The message from `start` up to `end` as a packed family where it lies, if it has the form of one: what this program
 * wrote, and mostly what the original did. Undefined if it is to be decoded instead. Throws MessageError if a value of
 * it is broken.
 */
export function scanFamily(bytes: Buffer, start: number, end: number): PackedFamily | undefined {
  const pointsStart = headerEnd(bytes, start, end)
  if (pointsStart < 0) return undefined
  let count = 0
  let isSorted = true
  let last = 0
  for (let at = pointsStart; at < end; count++) {
    if (bytes[at] !== POINT_KEY || !isCanonical(bytes, at + 1)) return undefined
    const size = varintAt(bytes, at + 1)
    const inner = at + 1 + varintSize(size)
    if (inner + size > end) return undefined
    const labelsEnd = scanLabels(bytes, inner, inner + size)
    if (labelsEnd < 0) return undefined
    checkValue(bytes, labelsEnd, inner + size)
    if (count > 0 && isSorted) isSorted = comparePoints(bytes, last, bytes, at) < 0
    last = at
    at = inner + size
  }
  if (count === 0) return undefined
  const { name, help, type } = decodeFamily(bytes.subarray(start, pointsStart))
  return { name, help, type, bytes, start, pointsStart, end, count, isSorted }
}

/** Where the first sample starts, if everything in front of it belongs to the header; else -1. */
function headerEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== POINT_KEY) {
    const key = bytes[at] as number
    if (key === TYPE_KEY) at += 2
    else if (key === NAME_KEY || key === HELP_KEY || key === UNIT_KEY) {
      if (!isCanonical(bytes, at + 1)) return -1
      const size = varintAt(bytes, at + 1)
      at += 1 + varintSize(size) + size
    } else return -1
  }
  return at < end ? at : -1
}

/** Where the labels end, if they are sorted and of the expected form; else -1. */
function scanLabels(bytes: Buffer, start: number, end: number): number {
  let at = start
  let lastName = 0
  let lastNameEnd = 0
  while (at < end && bytes[at] === LABEL_KEY) {
    if (!isCanonical(bytes, at + 1)) return -1
    const pair = varintAt(bytes, at + 1)
    const inner = at + 1 + varintSize(pair)
    const pairEnd = inner + pair
    if (pairEnd > end || bytes[inner] !== NAME_KEY || !isCanonical(bytes, inner + 1)) return -1
    const name = varintAt(bytes, inner + 1)
    const nameStart = inner + 1 + varintSize(name)
    const nameEnd = nameStart + name
    if (nameEnd >= pairEnd || bytes[nameEnd] !== VALUE_KEY || !isCanonical(bytes, nameEnd + 1)) {
      return -1
    }
    const value = varintAt(bytes, nameEnd + 1)
    if (nameEnd + 1 + varintSize(value) + value !== pairEnd) return -1
    if (at > start && !isBefore(bytes, lastName, lastNameEnd, nameStart, nameEnd)) return -1
    lastName = nameStart
    lastNameEnd = nameEnd
    at = pairEnd
  }
  return isPlain(bytes, start, at) || isUtf8(bytes.subarray(start, at)) ? at : -1
}

function isBefore(
  bytes: Uint8Array,
  startA: number,
  endA: number,
  startB: number,
  endB: number,
): boolean {
  const count = Math.min(endA - startA, endB - startB)
  for (let i = 0; i < count; i++) {
    const difference = bytes[startA + i]! - bytes[startB + i]!
    if (difference !== 0) return difference < 0
  }
  return endA - startA < endB - startB
}

/** ASCII only; lengths in between may look like more. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! > 127) return false
  return true
}

/** A plain number has one form; anything else is decoded to see whether it can be. */
function checkValue(bytes: Buffer, start: number, end: number): void {
  const key = bytes[start]
  const isNumber = key === 0x12 || key === 0x1a || key === 0x2a
  const isPlain = bytes[start + 1] === DOUBLE_BYTES + 1 && bytes[start + 2] === 9
  if (isNumber && isPlain && end - start === DOUBLE_BYTES + 3) return
  decodePoint(bytes.subarray(start, end))
}

/** Whether a varint of up to four bytes lies here, in as few as it can. */
function isCanonical(bytes: Uint8Array, at: number): boolean {
  let size = 1
  while (size <= 4 && (bytes[at + size - 1] as number) >= 128) size++
  const last = bytes[at + size - 1]
  return size <= 4 && last !== undefined && (last !== 0 || size === 1)
}
