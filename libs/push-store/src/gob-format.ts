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
import { packFamilies } from './push-content.ts'
import { scanFamily } from './scan-family.ts'

const TYPE_GROUPS = 70
const YEAR_ONE_SECONDS = 62_135_596_800
const TIME_BYTES = 15
const ZONE_UTC = 0xffff
const STRING = 6

/** Families as large as this go into the file from where they lie. */
const PIECE_BYTES = 1024 * 1024
const FIRST_BYTES = 64 * 1024

export interface RestoredGroup {
  readonly labels: readonly string[]
  readonly families: readonly StoredFamily[]
}

/** The file in pieces, as of the first step; with pauses. */
export function* encodeGroups(groups: Iterable<Group>): Generator<undefined, Uint8Array[]> {
  const all = [...groups].map(({ labels, families }) => ({ labels, families: [...families] }))
  const pieces: Uint8Array[] = []
  let value = new GobWriter(FIRST_BYTES)
  const flush = () => {
    pieces.push(value.finish())
    value = new GobWriter(FIRST_BYTES)
  }
  value.int(TYPE_GROUPS).uint(0).uint(all.length)
  for (const { labels, families } of all) {
    writeKey(value, labels)
    value.uint(1).uint(labels.length / 2)
    for (const text of labels) value.string(text)
    value.uint(1).uint(families.length)
    for (const [name, { packed, timeMs }] of families) {
      value.string(name)
      value.uint(1)
      writeTime(value, timeMs)
      value.uint(1)
      const { bytes, start, end } = packed
      if (end - start < PIECE_BYTES) value.bytes(bytes, start, end)
      else {
        value.uint(end - start)
        flush()
        pieces.push(bytes.subarray(start, end))
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
      message.skipBytes()
      return readGroup(message)
    })
  }
}

function readGroup(message: GobReader): RestoredGroup {
  const labels = new Map<string, string>()
  let found: readonly FoundFamily[] = []
  readStruct(message, (field) => {
    if (field === 0) {
      readMap(message, () => {
        const name = message.string()
        labels.set(name, message.string())
      })
    } else if (field === 1) {
      found = readMap(message, () => {
        message.skipBytes()
        return findFamily(message)
      })
    } else message.fail(`unknown field ${field} of a group`)
  })
  return { labels: sortLabels(labels), families: copyFamilies(message, found) }
}

interface FoundFamily {
  readonly start: number
  readonly end: number
  readonly timeMs: number
}

function findFamily(message: GobReader): FoundFamily {
  let start = -1
  let end = -1
  let timeMs = 0
  readStruct(message, (field) => {
    if (field === 0) timeMs = decodeTime(message.bytes())
    else if (field === 1) {
      end = message.skipBytes()
      start = end - message.lastSize
    } else message.fail(`unknown field ${field} of a family`)
  })
  return start < 0 ? message.fail('a family is missing') : { start, end, timeMs }
}

/** One copy for all families of a group: views would keep the whole file in memory. */
function copyFamilies(message: GobReader, found: readonly FoundFamily[]): StoredFamily[] {
  const first = found[0]
  const last = found.at(-1)
  if (!first || !last) return []
  const bytes = message.copy(first.start, last.end)
  return found.flatMap(({ start, end, timeMs }) => {
    const from = start - first.start
    const to = end - first.start
    const scanned = scanFamily(bytes, from, to)
    const packed = scanned ?? packFamilies([decodeFamily(bytes.subarray(from, to))], [], false)[0]
    return packed ? [{ packed, timeMs }] : []
  })
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

function writeKey(to: GobWriter, labels: readonly string[]): void {
  const sizes = labels.map((text) => Buffer.byteLength(text))
  to.uint(sizes.reduce((sum, size) => sum + size, 0) + labels.length - 1)
  labels.forEach((text, i) => {
    if (i > 0) to.raw(SEPARATOR)
    to.text(text, sizes[i] as number)
  })
}

const SEPARATOR = Uint8Array.of(0xff)

function writeTime(to: GobWriter, timeMs: number): void {
  const seconds = Math.floor(timeMs / 1000)
  const view = new DataView(TIME.buffer)
  view.setUint8(0, 1)
  // Far below 2^53, and so is what is left of it above 32 bits.
  const sinceYearOne = seconds + YEAR_ONE_SECONDS
  view.setInt32(1, Math.floor(sinceYearOne / 2 ** 32))
  view.setUint32(5, sinceYearOne % 2 ** 32)
  view.setInt32(9, Math.round((timeMs - seconds * 1000) * 1e6))
  view.setUint16(13, ZONE_UTC)
  to.bytes(TIME)
}

const TIME = new Uint8Array(TIME_BYTES)

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
