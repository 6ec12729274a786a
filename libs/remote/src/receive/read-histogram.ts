/** The Histogram message of remote write 1.0: integer counts as deltas, or float counts, by which fields are there. */
import type { CounterResetHint, FloatHistogram, Histogram, Span } from '@prom/histogram'
import { MessageError, MessageReader } from '@prom/protobuf'

const HINTS: readonly CounterResetHint[] = ['unknown', 'reset', 'not_reset', 'gauge']
/** Spans and buckets of one histogram; more than any real one has. */
const ENTRIES_MAX = 100_000

export interface ReceivedHistogram {
  readonly timeMs: number
  readonly histogram: Histogram | FloatHistogram
  /** The sum is the stale marker; its bits do not survive as a number. */
  readonly isStale: boolean
}

/** Throws MessageError on broken input. */
export function readHistogram(bytes: Uint8Array): ReceivedHistogram {
  const reader = new MessageReader(bytes)
  const draft = {
    counterResetHint: 'unknown' as CounterResetHint,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [] as Span[],
    negativeSpans: [] as Span[],
    customValues: [] as number[],
  }
  const positive: number[] = []
  const negative: number[] = []
  let isFloat = false
  let isStale = false
  let timeMs = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) draft.count = reader.number()
    else if (field === 2) {
      draft.count = reader.double()
      isFloat = true
    } else if (field === 3) {
      isStale = isStaleAt(bytes, reader.offset)
      draft.sum = reader.double()
    } else if (field === 4) draft.schema = zigzag(reader)
    else if (field === 5) draft.zeroThreshold = reader.double()
    else if (field === 6) draft.zeroCount = reader.number()
    else if (field === 7) draft.zeroCount = reader.double()
    else if (field === 8) add(draft.negativeSpans, readSpan(reader.message()))
    else if (field === 9) readEach(reader, negative, zigzag)
    else if (field === 10) readEach(reader, negative, double)
    else if (field === 11) add(draft.positiveSpans, readSpan(reader.message()))
    else if (field === 12) readEach(reader, positive, zigzag)
    else if (field === 13) readEach(reader, positive, double)
    else if (field === 14) draft.counterResetHint = HINTS[reader.number()] ?? 'unknown'
    else if (field === 15) timeMs = reader.number()
    else if (field === 16) readEach(reader, draft.customValues, double)
    else reader.skip()
  }
  const histogram: Histogram | FloatHistogram = isFloat
    ? { kind: 'float', ...draft, positiveBuckets: positive, negativeBuckets: negative }
    : { kind: 'int', ...draft, positiveDeltas: positive, negativeDeltas: negative }
  return { timeMs, histogram, isStale }
}

/** Where bucket counts of a 64-bit integer end up in a double, rounding is accepted: 2^53 observations of one bucket. */
function zigzag(reader: MessageReader): number {
  const value = reader.uint64()
  return Number((value >> 1n) ^ -(value & 1n))
}

function double(reader: MessageReader): number {
  return reader.double()
}

/** A repeated number, packed or one by one. */
function readEach(
  reader: MessageReader,
  into: number[],
  read: (reader: MessageReader) => number,
): void {
  if (!reader.isPacked) {
    add(into, read(reader))
    return
  }
  const packed = reader.message()
  while (!packed.isAtEnd) add(into, read(packed))
}

function add<T>(into: T[], value: T): void {
  if (into.length >= ENTRIES_MAX) throw new MessageError('histogram has too many buckets')
  into.push(value)
}

function readSpan(reader: MessageReader): Span {
  let offset = 0
  let length = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) offset = zigzag(reader)
    else if (field === 2) length = reader.number()
    else reader.skip()
  }
  return { offset, length }
}

function isStaleAt(bytes: Uint8Array, at: number): boolean {
  if (at + 8 > bytes.length) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8)
  return view.getUint32(4, true) === 0x7ff00000 && view.getUint32(0, true) === 2
}
