/** Reads the bodies of remote write as a receiver would, for tests. */
import { uncompressSnappy } from '@prom/compress'
import { MessageReader } from '@prom/protobuf'
import { readHistogram } from '../receive/read-histogram.ts'

/** `name{a="b"}`-like text of the labels, time, value; stale markers are `stale`, histograms `count/sum`. */
export type SentRow = readonly [labels: string, timeMs: number, value: number | string]

/** Rows of a request of either version, and the metadata of version 1. */
export function readRequest(body: Uint8Array): { rows: SentRow[]; metadata: string[] } {
  const bytes = uncompressSnappy(body)
  const symbols: string[] = []
  const rows: SentRow[] = []
  const metadata: string[] = []
  const reader = new MessageReader(bytes)
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 4) symbols.push(reader.string())
    else if (field === 1) rows.push(...readSeries1(reader.message()))
    else if (field === 5) rows.push(...readSeries2(reader.message(), symbols))
    else if (field === 3) metadata.push(readMetadata(reader.message()))
    else reader.skip()
  }
  return { rows, metadata }
}

function readSeries1(reader: MessageReader): SentRow[] {
  const labels: string[] = []
  const rows: SentRow[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    const inner = reader.bytes()
    if (field === 1) labels.push(...readStrings(new MessageReader(inner)))
    else if (field === 2) rows.push(readSample(inner, print(labels)))
    else if (field === 4) rows.push(readHistogramRow(inner, print(labels)))
    else if (field === 3) rows.push([`${print(labels)} exemplar`, 0, inner.length])
  }
  return rows
}

function readSeries2(reader: MessageReader, symbols: readonly string[]): SentRow[] {
  let labels = ''
  const rows: SentRow[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    const inner = reader.bytes()
    if (field === 1) {
      const refs = new MessageReader(inner)
      const texts: string[] = []
      while (!refs.isAtEnd) texts.push(symbols[refs.number()] ?? 'missing')
      labels = print(texts)
    } else if (field === 2) rows.push(readSample(inner, labels))
    else if (field === 3) rows.push(readHistogramRow(inner, labels))
    else if (field === 4) rows.push([`${labels} exemplar`, 0, inner.length])
  }
  return rows
}

function readStrings(reader: MessageReader): string[] {
  const texts = ['', '']
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    texts[field - 1] = reader.string()
  }
  return texts
}

function readSample(bytes: Uint8Array, labels: string): SentRow {
  const reader = new MessageReader(bytes)
  let value: number | string = 0
  let timeMs = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) {
      const at = reader.offset
      value = reader.double()
      if (bytes[at] === 2 && Number.isNaN(value)) value = 'stale'
    } else timeMs = reader.number()
  }
  return [labels, timeMs, value]
}

function readHistogramRow(bytes: Uint8Array, labels: string): SentRow {
  const { timeMs, histogram, isStale } = readHistogram(bytes)
  const buckets = histogram.kind === 'int' ? histogram.positiveDeltas : histogram.positiveBuckets
  const text = `${histogram.kind} ${histogram.count}/${histogram.sum} [${buckets.join(' ')}]`
  return [labels, timeMs, isStale ? 'stale' : text]
}

function readMetadata(reader: MessageReader): string {
  const parts: string[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    parts.push(field === 1 ? String(reader.number()) : reader.string())
  }
  return parts.join(' ')
}

function print(flat: readonly string[]): string {
  const parts: string[] = []
  for (let i = 0; i < flat.length; i += 2) parts.push(`${flat[i]}=${flat[i + 1]}`)
  return parts.join(',')
}
