/** A page of pushed families as delimited protobuf messages: their samples are in that form already. */
import { type EscapingScheme, exposeName } from '@prom/model'
import { MessageWriter } from '@prom/protobuf'
import type { PageFamily } from './family-index.ts'
import { encodeHeader, PointCursor, putVarint } from './packed-family.ts'
import { sortPoints } from './point-order.ts'

const STEP = 1024
const VARINT_BYTES_MAX = 5
const POINT_FIELD = 4
const LABEL_FIELD = 1

const encoder = new TextEncoder()

/** One family, with pauses. */
export function* printProtobuf(
  family: PageFamily,
  escaping: EscapingScheme = 'allow-utf-8',
): Generator<undefined, Uint8Array> {
  const name = exposeName(family.name, escaping)
  const header = encodeHeader({ ...family, name })
  if (escaping !== 'allow-utf-8' && (name !== family.name || family.parts.some(hasOddLabel))) {
    return yield* printEscaped(family, header, escaping)
  }
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

/** Whether some label name is not of the old kind. */
function hasOddLabel(part: PageFamily['parts'][number]): boolean {
  const cursor = new PointCursor(part)
  while (cursor.next()) {
    const { labels } = cursor.point()
    if (labels.some((text, i) => i % 2 === 0 && !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text))) return true
  }
  return false
}

/** As `printProtobuf`, with names as a reader can take them who knows the old kind only. */
function* printEscaped(
  family: PageFamily,
  header: Uint8Array,
  escaping: EscapingScheme,
): Generator<undefined, Uint8Array> {
  const points = yield* sortPoints(family.parts)
  const cursors = family.parts.map((part) => new PointCursor(part))
  const message = new MessageWriter().raw(header)
  for (let i = 0; i < points.at.length; i++) {
    if (i % STEP === STEP - 1) yield undefined
    const cursor = cursors[points.in[i]!]!
    cursor.open(points.at[i]!)
    const { labels } = cursor.point()
    message.message(POINT_FIELD, (point) => {
      for (let at = 0; at < labels.length; at += 2) {
        const name = encoder.encode(exposeName(labels[at]!, escaping))
        const value = encoder.encode(labels[at + 1]!)
        point.message(LABEL_FIELD, (pair) => pair.present(1, name).present(2, value))
      }
      point.raw(cursor.bytes.subarray(cursor.labelsEnd, cursor.end))
    })
  }
  return new MessageWriter().delimited(message.finish()).finish()
}
