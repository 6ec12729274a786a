/** A remote-write 2.0 Request taken apart (spec/wire-formats.md 11): its table of texts, and where its series lie. */
import { MessageError, MessageReader } from '@prom/protobuf'

const SYMBOLS_MAX = 4_000_000
const REFS_MAX = 8192

export interface Request2 {
  readonly symbols: readonly Uint8Array[]
  readonly series: readonly Uint8Array[]
}

/** Throws MessageError on broken input. */
export function readRequest2(bytes: Uint8Array): Request2 {
  const reader = new MessageReader(bytes)
  const symbols: Uint8Array[] = []
  const series: Uint8Array[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 4) {
      if (symbols.length >= SYMBOLS_MAX) throw new MessageError('too many symbols')
      symbols.push(reader.bytes())
    } else if (field === 5) series.push(reader.bytes())
    else reader.skip()
  }
  return { symbols, series }
}

/** One TimeSeries, its parts still as bytes. */
export interface Series2 {
  readonly refs: readonly number[]
  readonly samples: readonly Uint8Array[]
  readonly histograms: readonly Uint8Array[]
  readonly exemplars: readonly Uint8Array[]
  readonly metadata: Metadata2 | undefined
}

export interface Metadata2 {
  readonly type: number
  readonly helpRef: number
  readonly unitRef: number
}

/** TimeSeries { labels_refs 1, samples 2, histograms 3, exemplars 4, metadata 5 }. */
export function readSeries2(bytes: Uint8Array): Series2 {
  const reader = new MessageReader(bytes)
  const refs: number[] = []
  const samples: Uint8Array[] = []
  const histograms: Uint8Array[] = []
  const exemplars: Uint8Array[] = []
  let metadata: Metadata2 | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) readRefs(reader, refs)
    else if (field === 2) samples.push(reader.bytes())
    else if (field === 3) histograms.push(reader.bytes())
    else if (field === 4) exemplars.push(reader.bytes())
    else if (field === 5) metadata = readMetadata(reader.message())
    else reader.skip()
  }
  return { refs, samples, histograms, exemplars, metadata }
}

export interface Sample2 {
  readonly timeMs: number
  readonly value: number
  /** The stale marker; its bits do not survive as a number. */
  readonly isStale: boolean
}

/** Sample { value 1, timestamp 2, start_timestamp 3 }. */
export function readSample2(bytes: Uint8Array): Sample2 {
  const reader = new MessageReader(bytes)
  let value = 0
  let timeMs = 0
  let isStale = false
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) {
      const at = reader.offset
      value = reader.double()
      isStale = Number.isNaN(value) && isStaleAt(bytes, at)
    } else if (field === 2) timeMs = reader.number()
    else reader.skip()
  }
  return { timeMs, value, isStale }
}

export interface Exemplar2 {
  readonly refs: readonly number[]
  readonly value: number
  readonly timeMs: number
}

/** Exemplar { labels_refs 1, value 2, timestamp 3 }. */
export function readExemplar2(bytes: Uint8Array): Exemplar2 {
  const reader = new MessageReader(bytes)
  const refs: number[] = []
  let value = 0
  let timeMs = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) readRefs(reader, refs)
    else if (field === 2) value = reader.double()
    else if (field === 3) timeMs = reader.number()
    else reader.skip()
  }
  return { refs, value, timeMs }
}

function readRefs(reader: MessageReader, into: number[]): void {
  const add = (ref: number) => {
    if (into.length >= REFS_MAX) throw new MessageError('too many labels')
    into.push(ref)
  }
  if (!reader.isPacked) {
    add(reader.number())
    return
  }
  const packed = reader.message()
  while (!packed.isAtEnd) add(packed.number())
}

/** Metadata { type 1, help_ref 3, unit_ref 4 }. */
function readMetadata(reader: MessageReader): Metadata2 {
  let type = 0
  let helpRef = 0
  let unitRef = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) type = reader.number()
    else if (field === 3) helpRef = reader.number()
    else if (field === 4) unitRef = reader.number()
    else reader.skip()
  }
  return { type, helpRef, unitRef }
}

function isStaleAt(bytes: Uint8Array, at: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8)
  return view.getUint32(4, true) === 0x7ff00000 && view.getUint32(0, true) === 2
}
