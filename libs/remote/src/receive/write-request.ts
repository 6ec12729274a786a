import { MessageReader } from '@prom/protobuf'

/** One series of a remote-write 1.0 request. */
export interface WrittenSeries {
  /** Flat pairs as sent: maybe unsorted, repeated or empty. */
  readonly labels: readonly string[]
  readonly times: readonly number[]
  readonly values: readonly number[]
  /** 1 where the value is the stale marker; its bits do not survive as a number. */
  readonly isStale: readonly number[]
  /** Histograms in it; they are not taken yet. */
  readonly histograms: number
}

const STALE_HIGH = 0x7ff00000
const STALE_LOW = 2

/** Walks the series of a WriteRequest. Throws MessageError on broken input. */
export function* readWriteRequest(body: Uint8Array): Generator<WrittenSeries> {
  const reader = new MessageReader(body)
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) yield readSeries(reader.message())
    else reader.skip()
  }
}

function readSeries(reader: MessageReader): WrittenSeries {
  const labels: string[] = []
  const times: number[] = []
  const values: number[] = []
  const isStale: number[] = []
  let histograms = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) labels.push(...readLabel(reader.message()))
    else if (field === 2) {
      const sample = readSample(reader.message())
      times.push(sample.time)
      values.push(sample.value)
      isStale.push(sample.isStale ? 1 : 0)
    } else {
      if (field === 4) histograms++
      reader.skip()
    }
  }
  return { labels, times, values, isStale, histograms }
}

function readLabel(reader: MessageReader): [string, string] {
  let name = ''
  let value = ''
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) name = reader.string()
    else if (field === 2) value = reader.string()
    else reader.skip()
  }
  return [name, value]
}

function readSample(reader: MessageReader): { value: number; time: number; isStale: boolean } {
  let value = 0
  let time = 0
  let isStale = false
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) {
      const bytes = reader.skip().subarray(-8)
      const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
      value = view.getFloat64(0, true)
      isStale = view.getUint32(4, true) === STALE_HIGH && view.getUint32(0, true) === STALE_LOW
    } else if (field === 2) time = reader.number()
    else reader.skip()
  }
  return { value, time, isStale }
}
