/** Pushes samples into a server by remote write 1.0. */
import { Message, snappyLiterals } from './protobuf.ts'

/** A float, the stale marker, or a native histogram (exponential, integer counts). */
export type PushedValue =
  | number
  | 'stale'
  | {
      readonly schema: number
      readonly zero: number
      readonly buckets: readonly number[]
      readonly sum: number
    }

export interface PushedSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly samples: readonly (readonly [number, PushedValue])[]
}

const staleBytes = Uint8Array.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f])

function encodeSeries({ labels, samples }: PushedSeries): Message {
  const series = new Message()
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
    series.message(1, new Message().text(1, name).text(2, value))
  }
  for (const [timeMs, value] of samples) {
    if (typeof value === 'object') continue
    const bits = value === 'stale' ? staleBytes : value
    series.message(2, new Message().double(1, bits).varint(2, timeMs))
  }
  for (const [timeMs, value] of samples) {
    if (typeof value !== 'object') continue
    const { schema, zero, buckets, sum } = value
    const count = zero + buckets.reduce((a, b) => a + b, 0)
    const histogram = new Message().varint(1, count).double(3, sum).zigzag(4, schema)
    histogram.double(5, 0.001).varint(6, zero)
    if (buckets.length > 0) {
      histogram.message(11, new Message().zigzag(1, -2).varint(2, buckets.length))
      for (const [i, bucket] of buckets.entries()) {
        histogram.zigzag(12, bucket - (buckets[i - 1] ?? 0))
      }
    }
    series.message(4, histogram.varint(15, timeMs))
  }
  return series
}

/** Sends one request; throws unless the server took all of it. */
export async function remoteWrite(url: string, series: readonly PushedSeries[]): Promise<void> {
  const request = new Message()
  for (const one of series) request.message(1, encodeSeries(one))
  const answer = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: Buffer.from(snappyLiterals(request.finish())),
  })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
}
