import type { Clock, FileHandle, HostFiles } from '@prom/runtime'
import type { QueryFacts, QueryTask } from './messages.ts'
import { statsJson } from './stats-json.ts'

/** Who asked, as the log shows it. */
export interface QueryOrigin {
  readonly httpRequest?: {
    readonly clientIP: string
    readonly method: string
    readonly path: string
  }
  readonly ruleGroup?: { readonly file: string; readonly name: string }
}

/** One finished query. */
export interface LoggedQuery {
  readonly task: QueryTask
  readonly queueSeconds: number
  readonly facts: QueryFacts | undefined
  readonly error: string | undefined
  readonly origin: QueryOrigin | undefined
}

/**
 * The file of `query_log_file`: a line of JSON per finished query. Opened for appending, and once more after each
 * reload, so that it may be rotated.
 */
export class QueryLog {
  readonly #file: FileHandle
  readonly #clock: Pick<Clock, 'now'>
  #at: number

  /** Throws Node's error if the file cannot be opened. */
  constructor(
    path: string,
    deps: { readonly files: Pick<HostFiles, 'openSync'>; readonly clock: Pick<Clock, 'now'> },
  ) {
    this.#file = deps.files.openSync(path, 'a', 0o666)
    this.#at = this.#file.size()
    this.#clock = deps.clock
  }

  write(query: LoggedQuery): void {
    const line = Buffer.from(`${JSON.stringify(entryOf(query, this.#clock.now()))}\n`)
    this.#file.write(line, this.#at)
    this.#at += line.length
  }

  close(): void {
    this.#file.close()
  }
}

/** Of a query that failed. */
const NO_FACTS: QueryFacts = {
  prepareSeconds: 0,
  evalSeconds: 0,
  totalQueryableSamples: 0,
  samplesRead: 0,
  peakSamples: 0,
  peakBytes: 0,
}

const isoTime = (ms: number) => new Date(ms).toISOString()

function entryOf(
  { task, queueSeconds, facts = NO_FACTS, error, origin }: LoggedQuery,
  now: number,
): object {
  const { query, startMs, endMs, stepMs } = task
  return {
    time: isoTime(now),
    level: 'INFO',
    source: 'query-log',
    msg: 'promql query logged',
    params: {
      end: isoTime(endMs),
      query,
      start: isoTime(startMs),
      step: Math.trunc(stepMs / 1000),
    },
    ...(error !== undefined && { error }),
    stats: JSON.parse(statsJson({ ...facts, queueSeconds }, facts)) as unknown,
    spanID: '0000000000000000',
    ...(origin?.httpRequest && { httpRequest: origin.httpRequest }),
    ...(origin?.ruleGroup && { ruleGroup: origin.ruleGroup }),
  }
}
