import { EvaluationError } from './errors.ts'

/** What all queries hold together; each tells what it holds itself. */
export interface MemoryAccount {
  /** This query holds `bytes` by now; false if that is more than there is for all. */
  report(bytes: number): boolean
}

/** What one query may use, and how it is told to stop. */
export interface LimitOptions {
  /** Samples held at once; `--query.max-samples`. */
  readonly samplesMax: number
  /** Asked once per tile: why to stop, if so. */
  readonly stopReason?: () => 'timeout' | 'canceled' | undefined
  /** Bytes of series, labels, samples and output a query may hold; 0 means no limit. */
  readonly memoryMaxBytes?: number
  readonly account?: MemoryAccount | undefined
  /** Counts samples per step of the query, too. */
  readonly perStep?: boolean
}

/** Per step of the query: samples looked at, and samples read for the first time. */
export interface StepCounts {
  readonly queryable: Float64Array
  readonly read: Float64Array
}

const TEXTS = {
  timeout: 'query timed out in expression evaluation',
  canceled: 'query was canceled in expression evaluation',
}

/** Between two reports to the account of all queries. */
const REPORT_EVERY_BYTES = 1 << 20

/** The account of one running query. */
export class Limits {
  readonly #options: LimitOptions
  #samples = 0
  #bytes = 0
  #reportedBytes = 0
  peakSamples = 0
  peakBytes = 0
  /** Samples looked at, a sample counted once per step that sees it. */
  queryableSamples = 0
  /** Samples read from storage. */
  samplesRead = 0

  /** Undefined where nobody asks for it. */
  perStep: StepCounts | undefined

  constructor(options: LimitOptions) {
    this.#options = options
  }

  /** The query has so many steps. */
  begin(steps: number): void {
    if (!this.#options.perStep) return
    this.perStep = { queryable: new Float64Array(steps), read: new Float64Array(steps) }
  }

  /**
   * Counts samples looked at in one step of a frame. Compat: what a subquery looks at counts for the last step of
   * the query.
   */
  countAt(step: number, isOuter: boolean, samples: number): void {
    const { perStep } = this
    if (!perStep) return
    const at = isOuter ? step : perStep.queryable.length - 1
    perStep.queryable[at] = (perStep.queryable[at] as number) + samples
  }

  /** As `countAt`, for samples read for the first time. */
  countReadAt(step: number, isOuter: boolean, samples: number): void {
    const { perStep } = this
    if (!perStep) return
    const at = isOuter ? step : perStep.read.length - 1
    perStep.read[at] = (perStep.read[at] as number) + samples
  }

  /** Ends the query if it has been told to stop. */
  check(): void {
    const reason = this.#options.stopReason?.()
    if (reason) throw new EvaluationError(TEXTS[reason], reason)
  }

  /** Accounts for samples now held; give them back with `release`. */
  hold(samples: number): void {
    this.#samples += samples
    if (this.#samples > this.peakSamples) this.peakSamples = this.#samples
    if (this.#samples > this.#options.samplesMax) {
      throw new EvaluationError(
        'query processing would load too many samples into memory in query execution',
        'execution',
        'samples',
      )
    }
  }

  /** Fails if so many samples are more than a query may hold. */
  refuseIfOver(samples: number): void {
    this.hold(samples)
    this.release(samples)
  }

  release(samples: number): void {
    this.#samples -= samples
  }

  /** Accounts for memory before it is taken; give it back with `releaseBytes`. */
  holdBytes(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.peakBytes) this.peakBytes = this.#bytes
    const max = this.#options.memoryMaxBytes ?? 0
    if (max > 0 && this.#bytes > max) {
      throw new EvaluationError(
        `query would use more than the ${max} bytes of memory that a query may use`,
        'execution',
        'memory',
      )
    }
    if (this.#bytes - this.#reportedBytes >= REPORT_EVERY_BYTES) this.#report()
  }

  releaseBytes(bytes: number): void {
    this.#bytes -= bytes
    if (this.#reportedBytes - this.#bytes >= REPORT_EVERY_BYTES) this.#report()
  }

  #report(): void {
    this.#reportedBytes = this.#bytes
    if (this.#options.account?.report(this.#bytes) === false) {
      throw new EvaluationError(
        'query would use more memory than is left by the queries that run at the same time',
        'execution',
        'total-memory',
      )
    }
  }
}
