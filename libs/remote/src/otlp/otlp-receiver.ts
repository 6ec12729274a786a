import { CompressError, uncompressGzip } from '@prom/compress'
import type { Histogram } from '@prom/histogram'
import type { Labels } from '@prom/labels'
import { MessageError } from '@prom/protobuf'
import type { Logger } from '@prom/runtime'
import { AppendError, type Appender, type Exemplar, type MetricMetadata } from '@prom/storage'
import { decodeOtlpJson } from './decode-json.ts'
import { decodeOtlpProtobuf } from './decode-protobuf.ts'
import { DeltaState } from './delta-state.ts'
import type { OtlpResource } from './otlp-data.ts'
import type { OtlpSettings } from './series-labels.ts'
import { TARGET_INFO, targetInfo } from './target-info.ts'
import { translateMetric } from './translate-otlp.ts'

const UNPACKED_MAX = 32 << 20
const AHEAD_MAX_MS = 600_000
const PROBLEMS_SHOWN = 10

export interface OtlpBody {
  readonly bytes: Uint8Array
  readonly isJson: boolean
  readonly isGzipped: boolean
}

export interface OtlpOutcome {
  /** 200, 400 for what the sender did wrong, 500 if storage failed. */
  readonly status: number
  readonly error: string
}

/** Takes metrics over OTLP: all samples of a request are stored, or none. */
export class OtlpReceiver {
  readonly #appender: () => Appender
  readonly #log: Logger
  readonly #deltas = new DeltaState()

  constructor(deps: { readonly appender: () => Appender; readonly log: Logger }) {
    this.#appender = deps.appender
    this.#log = deps.log
  }

  /** Metrics that have no translation are logged and left out. */
  receive(body: OtlpBody, settings: OtlpSettings, nowMs: number): OtlpOutcome {
    let resources: OtlpResource[]
    try {
      const bytes = body.isGzipped ? uncompressGzip(body.bytes, UNPACKED_MAX) : body.bytes
      resources = body.isJson ? decodeOtlpJson(bytes) : decodeOtlpProtobuf(bytes)
    } catch (err) {
      if (!(err instanceof MessageError || err instanceof CompressError)) throw err
      return { status: 400, error: err.message }
    }
    const appender = this.#appender()
    try {
      this.#deltas.forgetStale(nowMs)
      this.#append(resources, settings, appender, nowMs + AHEAD_MAX_MS)
      appender.commit()
      return { status: 200, error: '' }
    } catch (err) {
      appender.rollback()
      const error = (err as Error).message
      return { status: err instanceof AppendError ? 400 : 500, error }
    }
  }

  #append(
    resources: readonly OtlpResource[],
    settings: OtlpSettings,
    appender: Appender,
    timeMax: number,
  ): void {
    const problems: string[] = []
    const sink = new AppenderSink(appender, timeMax)
    for (const resource of resources) {
      for (const scope of resource.scopes) {
        for (const metric of scope.metrics) {
          try {
            if (metric.data.points.length === 0) {
              throw new Error(`empty data points. ${metric.name} is dropped`)
            }
            translateMetric(metric, { resource, scope }, settings, this.#deltas, sink)
          } catch (err) {
            if (err instanceof AppendError) throw err
            problems.push((err as Error).message)
          }
        }
      }
      sink.targetInfo(targetInfo(resource, settings))
    }
    if (problems.length > 0) {
      this.#log.warn('Error translating OTLP metrics to Prometheus write request', {
        err: problems.slice(0, PROBLEMS_SHOWN).join('; '),
      })
    }
  }
}

class AppenderSink {
  readonly #appender: Appender
  readonly #timeMax: number
  readonly #refs = new Map<string, number>()

  constructor(appender: Appender, timeMax: number) {
    this.#appender = appender
    this.#timeMax = timeMax
  }

  sample(
    labels: Labels,
    timeMs: number,
    value: number | Histogram | undefined,
    exemplars: readonly Exemplar[],
    metadata: MetricMetadata,
  ): void {
    if (timeMs > this.#timeMax) {
      throw new AppendError('out of bounds', 'out of bounds: timestamp is too far in the future')
    }
    const appender = this.#appender
    const key = labels.key()
    const known = this.#refs.get(key) ?? 0
    const ref =
      value === undefined
        ? appender.appendStale(known, labels, timeMs)
        : typeof value === 'number'
          ? appender.append(known, labels, timeMs, value)
          : appender.appendHistogram(known, labels, timeMs, value)
    for (const exemplar of exemplars) {
      try {
        appender.appendExemplar(ref, labels, exemplar)
      } catch (err) {
        if (!(err instanceof AppendError)) throw err // Left out without a word.
      }
    }
    if (known !== 0) return
    this.#refs.set(key, ref)
    appender.setMetadata(ref, labels, metadata)
  }

  /** Resources overlap in time: one that comes late says nothing new. */
  targetInfo(info: { readonly labels: Labels; readonly times: number[] } | undefined): void {
    if (!info) return
    for (const timeMs of info.times) {
      try {
        this.sample(info.labels, timeMs, 1, [], TARGET_INFO)
      } catch (err) {
        if (!(err instanceof AppendError)) throw err
      }
    }
  }
}
