/**
 * XXH64 with seed 0: for hashes whose value users see, as in `hashmod`, target offsets or the notification log.
 * 64-bit numbers are kept as two 32-bit halves, because bigint arithmetic takes ten times as long.
 */

const P1H = 0x9e3779b1
const P1L = 0x85ebca87
const P2H = 0xc2b2ae3d
const P2L = 0x27d4eb4f
const P3H = 0x165667b1
const P3L = 0x9e3779f9
const P4H = 0x85ebca77
const P4L = 0xc2b2ae63
const P5H = 0x27d4eb2f
const P5L = 0x165667c5

/** The result of the last operation: high and low half, as signed 32-bit integers. */
let high = 0
let low = 0

export function xxhash64(bytes: Uint8Array): bigint {
  const length = bytes.length
  let at = 0
  if (length >= 32) at = stripes(bytes)
  else set(P5H, P5L)
  add(high, low, Math.floor(length / 2 ** 32), length)
  for (; at + 8 <= length; at += 8) {
    const [h, l] = [high, low]
    round(0, 0, word(bytes, at + 4), word(bytes, at))
    rotate(high ^ h, low ^ l, 27)
    multiply(high, low, P1H, P1L)
    add(high, low, P4H, P4L)
  }
  if (at + 4 <= length) {
    const [h, l] = [high, low]
    multiply(0, word(bytes, at), P1H, P1L)
    rotate(high ^ h, low ^ l, 23)
    multiply(high, low, P2H, P2L)
    add(high, low, P3H, P3L)
    at += 4
  }
  for (; at < length; at++) {
    const [h, l] = [high, low]
    multiply(0, bytes[at] as number, P5H, P5L)
    rotate(high ^ h, low ^ l, 11)
    multiply(high, low, P1H, P1L)
  }
  // x ^ (x >> 33), x ^ (x >> 29) and, in the result, x ^ (x >> 32).
  multiply(high, low ^ (high >>> 1), P2H, P2L)
  multiply(high ^ (high >>> 29), low ^ ((low >>> 29) | (high << 3)), P3H, P3L)
  return (BigInt(high >>> 0) << 32n) | BigInt((low ^ high) >>> 0)
}

const lanes = new Int32Array(8)

/** All whole stripes of 32 bytes; leaves the merged lanes as the result and returns where the rest begins. */
function stripes(bytes: Uint8Array): number {
  add(P1H, P1L, P2H, P2L)
  lanes[0] = high
  lanes[1] = low
  lanes[2] = P2H
  lanes[3] = P2L
  lanes[4] = 0
  lanes[5] = 0
  add(~P1H, ~P1L, 0, 1)
  lanes[6] = high
  lanes[7] = low
  let at = 0
  for (; at + 32 <= bytes.length; at += 32) {
    for (let lane = 0; lane < 8; lane += 2) {
      const from = at + lane * 4
      round(
        lanes[lane] as number,
        lanes[lane + 1] as number,
        word(bytes, from + 4),
        word(bytes, from),
      )
      lanes[lane] = high
      lanes[lane + 1] = low
    }
  }
  let sumHigh = 0
  let sumLow = 0
  for (let lane = 0; lane < 8; lane += 2) {
    rotate(lanes[lane] as number, lanes[lane + 1] as number, TURNS[lane >> 1] as number)
    add(sumHigh, sumLow, high, low)
    sumHigh = high
    sumLow = low
  }
  for (let lane = 0; lane < 8; lane += 2) {
    round(0, 0, lanes[lane] as number, lanes[lane + 1] as number)
    multiply(high ^ sumHigh, low ^ sumLow, P1H, P1L)
    add(high, low, P4H, P4L)
    sumHigh = high
    sumLow = low
  }
  set(sumHigh, sumLow)
  return at
}

const TURNS = [1, 7, 12, 18]

function round(laneHigh: number, laneLow: number, inputHigh: number, inputLow: number): void {
  multiply(inputHigh, inputLow, P2H, P2L)
  add(laneHigh, laneLow, high, low)
  rotate(high, low, 31)
  multiply(high, low, P1H, P1L)
}

function set(h: number, l: number): void {
  high = h | 0
  low = l | 0
}

function add(ah: number, al: number, bh: number, bl: number): void {
  const sum = (al >>> 0) + (bl >>> 0)
  high = (ah + bh + (sum > 0xffffffff ? 1 : 0)) | 0
  low = sum | 0
}

/** `bits` from 1 to 31. */
function rotate(h: number, l: number, bits: number): void {
  high = (h << bits) | (l >>> (32 - bits))
  low = (l << bits) | (h >>> (32 - bits))
}

function multiply(ah: number, al: number, bh: number, bl: number): void {
  const a0 = al & 0xffff
  const a1 = al >>> 16
  const b0 = bl & 0xffff
  const b1 = bl >>> 16
  const p00 = a0 * b0
  const p01 = a0 * b1
  const p10 = a1 * b0
  const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff)
  const carried = a1 * b1 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16)
  low = (middle << 16) | (p00 & 0xffff)
  high = (carried + Math.imul(ah, bl) + Math.imul(al, bh)) | 0
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}
