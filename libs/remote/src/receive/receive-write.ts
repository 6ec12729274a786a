import { CompressError, uncompressSnappy } from '@prom/compress'
import { Labels, METRIC_NAME } from '@prom/labels'
import { isValidLabelName, isValidLabelValue, isValidMetricName } from '@prom/model'
import { MessageError } from '@prom/protobuf'
import { AppendError, type Appender } from '@prom/storage'
import { readWriteRequest, type WrittenSeries } from './write-request.ts'

/** A body may unpack to this many bytes. */
const UNPACKED_MAX = 32 << 20
/** Samples further ahead than this are refused. */
const AHEAD_MAX_MS = 600_000

export interface ReceiveDeps {
  appender(): Appender
  readonly nowMs: number
}

export interface Received {
  /** HTTP status: 204 stored, 400 refused whole, 500 storage failed. */
  readonly status: number
  readonly error: string
  readonly samples: number
  /** Samples of series that were left out for their labels. */
  readonly invalidLabelSamples: number
}

/**
 * Stores one remote-write 1.0 body (a snappy block): all of it or, if a sample is refused, nothing. Series with
 * invalid labels are left out and counted.
 */
export function receiveWrite(body: Uint8Array, deps: ReceiveDeps): Received {
  const appender = deps.appender()
  let samples = 0
  let invalidLabelSamples = 0
  try {
    for (const series of readWriteRequest(uncompressSnappy(body, UNPACKED_MAX))) {
      const labels = seriesLabels(series.labels)
      if (!labels) {
        invalidLabelSamples += series.times.length
        continue
      }
      if (series.histograms > 0) {
        throw new AppendError('invalid sample', 'native histograms cannot be received yet')
      }
      appendSeries(appender, labels, series, deps.nowMs + AHEAD_MAX_MS)
      samples += series.times.length
    }
    appender.commit()
    return { status: 204, error: '', samples, invalidLabelSamples }
  } catch (err) {
    appender.rollback()
    return { status: statusOf(err), error: (err as Error).message, samples: 0, invalidLabelSamples }
  }
}

function appendSeries(
  appender: Appender,
  labels: Labels,
  { times, values, isStale }: WrittenSeries,
  timeMax: number,
): void {
  let ref = 0
  for (let i = 0; i < times.length; i++) {
    const time = times[i] as number
    if (time > timeMax) {
      throw new AppendError('out of bounds', 'out of bounds: timestamp is too far in the future')
    }
    ref = isStale[i]
      ? appender.appendStale(ref, labels, time)
      : appender.append(ref, labels, time, values[i] as number)
  }
}

/** Undefined for labels the receiver skips: without a name, repeated, or with text that is no UTF-8. */
function seriesLabels(flat: readonly string[]): Labels | undefined {
  const pairs: [string, string][] = []
  const names = new Set<string>()
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    const value = flat[i + 1] as string
    if (names.has(name)) return undefined
    names.add(name)
    if (value === '') continue
    const isName = name === METRIC_NAME ? isValidMetricName(value) : isValidLabelName(name)
    if (!isName || !isValidLabelValue(value) || value.includes('\ufffd')) return undefined
    pairs.push([name, value])
  }
  return names.has(METRIC_NAME) ? Labels.from(pairs) : undefined
}

function statusOf(err: unknown): number {
  const isRefused =
    err instanceof AppendError || err instanceof CompressError || err instanceof MessageError
  return isRefused ? 400 : 500
}
