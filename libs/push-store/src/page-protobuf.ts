/** A page of pushed families as delimited protobuf messages: their samples are in that form already. */
import type { PageFamily } from './family-index.ts'
import { encodeHeader, PointCursor, putVarint } from './packed-family.ts'
import { sortPoints } from './point-order.ts'

const STEP = 1024
const VARINT_BYTES_MAX = 5

/** One family, with pauses. */
export function* printProtobuf(family: PageFamily): Generator<undefined, Uint8Array> {
  const header = encodeHeader(family)
  const points = yield* sortPoints(family.parts)
  const size = family.parts.reduce((sum, part) => sum + part.end - part.pointsStart, header.length)
  const bytes = new Uint8Array(VARINT_BYTES_MAX + size)
  let at = putVarint(bytes, 0, size)
  bytes.set(header, at)
  at += header.length
  const cursors = family.parts.map((part) => new PointCursor(part))
  for (let i = 0; i < points.at.length; i++) {
    if (i % STEP === STEP - 1) yield undefined
    const cursor = cursors[points.in[i]!]!
    cursor.open(points.at[i]!)
    for (let from = cursor.start; from < cursor.end; from++) bytes[at++] = cursor.bytes[from]!
  }
  return bytes.subarray(0, at)
}
