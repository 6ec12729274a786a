/**
 * The persistence file, in the original's format: one value of Go's gob encoding, so that either program starts on what
 * the other wrote.
 *
 *   message   length (uint), then a type number (int) and its definition if negative, else the value
 *   uint      one byte below 128; else the negated count of bytes, and the bytes, big-endian
 *   int       a uint with the sign in its lowest bit
 *   struct    per field: how many numbers further it is (uint, from -1), the value; 0 at the end
 *   map       count (uint), then keys and values
 *   string    length (uint), bytes
 *
 * The value is a map from grouping key (names and values joined by byte 0xff) to a struct of `Labels`, a map of strings,
 * and `Metrics`, a map from family name to a struct of `Timestamp` (15 bytes of Go's binary time: version, seconds since
 * year 1, nanoseconds, zone in minutes) and a family as a protobuf message.
 */
import { decodeFamily } from '@prom/exposition'
import { GobReader, GobWriter } from './gob.ts'
import { type Group, type StoredFamily, sortLabels } from './group.ts'
import type { PackedFamily } from './packed-family.ts'
import { packFamilies } from './push-content.ts'
import { scanFamily } from './scan-family.ts'

const TYPE_GROUPS = 70
const YEAR_ONE_SECONDS = 62_135_596_800
const TIME_BYTES = 15
const ZONE_UTC = 0xffff
const STRING = 6

/** Families as large as this go into the file from where they lie. */
const PIECE_BYTES = 1024 * 1024

export interface RestoredGroup {
  readonly labels: readonly string[]
  readonly families: readonly StoredFamily[]
}

/** The file in pieces, as of the first step; with pauses. */
export function* encodeGroups(groups: Iterable<Group>): Generator<undefined, Uint8Array[]> {
  const all = [...groups].map(({ labels, families }) => ({ labels, families: [...families] }))
  const pieces: Uint8Array[] = []
  let value = new GobWriter()
  const flush = () => {
    pieces.push(value.finish())
    value = new GobWriter()
  }
  value.int(TYPE_GROUPS).uint(0).uint(all.length)
  for (const { labels, families } of all) {
    value.bytes(keyBytes(labels))
    value.uint(1).uint(labels.length / 2)
    for (const text of labels) value.string(text)
    value.uint(1).uint(families.length)
    for (const [name, { packed, timeMs }] of families) {
      value.string(name)
      value.uint(1).bytes(encodeTime(timeMs))
      const message = packed.bytes.subarray(packed.start, packed.end)
      value.uint(1)
      if (message.length < PIECE_BYTES) value.bytes(message)
      else {
        value.uint(message.length)
        flush()
        pieces.push(message)
      }
      value.uint(0)
    }
    value.uint(0)
    if (value.size >= PIECE_BYTES) {
      flush()
      yield undefined
    }
  }
  flush()
  const head = new GobWriter()
  for (const definition of typeDefinitions()) head.message(definition)
  head.uint(pieces.reduce((sum, piece) => sum + piece.length, 0))
  return [head.finish(), ...pieces]
}

/** Throws GobError if the bytes are no such file. */
export function decodeGroups(bytes: Uint8Array): RestoredGroup[] {
  const file = new GobReader(bytes)
  for (;;) {
    const message = file.message()
    // Definitions of types come first; ours is the only layout there is.
    if (message.int() < 0) continue
    message.expect(0)
    return readMap(message, () => {
      message.bytes()
      return readGroup(message)
    })
  }
}

function readGroup(message: GobReader): RestoredGroup {
  const labels = new Map<string, string>()
  let families: RestoredGroup['families'] = []
  readStruct(message, (field) => {
    if (field === 0) {
      readMap(message, () => {
        const name = message.string()
        labels.set(name, message.string())
      })
    } else if (field === 1) {
      families = readMap(message, () => {
        message.string()
        return readFamily(message)
      })
    } else message.fail(`unknown field ${field} of a group`)
  })
  return { labels: sortLabels(labels), families }
}

function readFamily(message: GobReader): StoredFamily {
  let packed: PackedFamily | undefined
  let timeMs = 0
  readStruct(message, (field) => {
    if (field === 0) timeMs = decodeTime(message.bytes())
    else if (field === 1) packed = readMessage(message.bytes())
    else message.fail(`unknown field ${field} of a family`)
  })
  if (!packed) return message.fail('a family is missing')
  return { packed, timeMs }
}

/** A copy: a view would keep the whole file in memory. */
function readMessage(bytes: Uint8Array): PackedFamily | undefined {
  const scanned = scanFamily(bytes.slice())
  return scanned ?? packFamilies([decodeFamily(bytes)], [], false)[0]
}

function readStruct(message: GobReader, read: (field: number) => void): void {
  let field = -1
  for (let step = message.uint(); step !== 0; step = message.uint()) {
    field += step
    read(field)
  }
}

function readMap<T>(message: GobReader, read: () => T): T[] {
  const count = message.uint()
  const values: T[] = []
  for (let i = 0; i < count; i++) values.push(read())
  return values
}

function keyBytes(labels: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = []
  const separator = new Uint8Array([0xff])
  labels.forEach((text, i) => {
    if (i > 0) parts.push(separator)
    parts.push(Buffer.from(text))
  })
  return Buffer.concat(parts)
}

function encodeTime(timeMs: number): Uint8Array {
  const seconds = Math.floor(timeMs / 1000)
  const bytes = Buffer.alloc(TIME_BYTES)
  bytes.writeUInt8(1, 0)
  bytes.writeBigInt64BE(BigInt(seconds + YEAR_ONE_SECONDS), 1)
  bytes.writeInt32BE(Math.round((timeMs - seconds * 1000) * 1e6), 9)
  bytes.writeUInt16BE(ZONE_UTC, 13)
  return bytes
}

/** Version 2 of Go's binary time has a byte more for the seconds of the zone. */
function decodeTime(bytes: Uint8Array): number {
  if (bytes.length < TIME_BYTES) return 0
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const seconds = Number(view.getBigInt64(1)) - YEAR_ONE_SECONDS
  return seconds * 1000 + view.getInt32(9) / 1e6
}

/** The layouts above, as gob describes them: what kind a type is, its name and number, and what it is made of. */
function typeDefinitions(): GobWriter[] {
  const MAP = 4
  const STRUCT = 3
  const BINARY = 5
  const ids = { group: 64, labels: 65, metrics: 69, family: 66, time: 67, message: 68 }
  const define = (id: number, kind: number, name: string, rest: (writer: GobWriter) => void) => {
    const writer = new GobWriter().int(-id).uint(kind)
    // The common part of every definition: name, number.
    writer.uint(1).uint(1)
    writer.string(name).uint(1).int(id).uint(0)
    rest(writer)
    writer.uint(0).uint(0)
    return writer
  }
  const map = (key: number, element: number) => (writer: GobWriter) => {
    writer.uint(1).int(key).uint(1).int(element)
  }
  const struct = (fields: readonly (readonly [string, number])[]) => (writer: GobWriter) => {
    writer.uint(1).uint(fields.length)
    for (const [name, id] of fields) writer.uint(1).string(name).uint(1).int(id).uint(0)
  }
  return [
    define(TYPE_GROUPS, MAP, 'GroupingKeyToMetricGroup', map(STRING, ids.group)),
    define(
      ids.group,
      STRUCT,
      'MetricGroup',
      struct([
        ['Labels', ids.labels],
        ['Metrics', ids.metrics],
      ]),
    ),
    define(ids.labels, MAP, 'map[string]string', map(STRING, STRING)),
    define(ids.metrics, MAP, 'NameToTimestampedMetricFamilyMap', map(STRING, ids.family)),
    define(
      ids.family,
      STRUCT,
      'TimestampedMetricFamily',
      struct([
        ['Timestamp', ids.time],
        ['GobbableMetricFamily', ids.message],
      ]),
    ),
    define(ids.time, BINARY, 'Time', () => {}),
    define(ids.message, BINARY, 'GobbableMetricFamily', () => {}),
  ]
}
