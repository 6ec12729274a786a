import { Labels } from '@prom/labels'
import {
  type EncodeOptions,
  type EngineOptions,
  EvaluationError,
  encodeLabelSets,
  encodeValue,
  explainQuery,
  Limits,
  type MemoryAccount,
  type PieceSink,
  QueryTypeError,
  type QueryValue,
  quoteJsonList,
  runQuery,
} from '@prom/promql-engine'
import { type Expr, ParseError, parseSelector } from '@prom/promql-syntax'
import type { Clock } from '@prom/runtime'
import type { Querier, SeriesSet } from '@prom/storage'
import { QueryError, type SelectRequest } from './contract.ts'
import { readLatest } from './latest.ts'
import type {
  PieceEvent,
  QueryTask,
  SeriesTask,
  ThreadAnswer,
  ThreadTask,
  VectorColumns,
} from './messages.ts'
import { readRemote } from './remote-read.ts'
import { readStatistics } from './statistics.ts'
import { statsJson } from './stats-json.ts'
import { streamRemote } from './stream-remote.ts'

/** Where a query thread reads: a view of the head and the blocks. */
export interface QuerySource {
  querier(mint: number, maxt: number): Querier
}

export interface ServiceOptions {
  readonly engine: Omit<EngineOptions, 'subqueryStepMs'>
  readonly samplesMax: number
  /** Bytes one query may hold; 0 means no limit. */
  readonly memoryMaxBytes?: number
  /** `stats=all` tells samples per step, too. */
  readonly perStepStats?: boolean
}

export interface ServiceDeps {
  readonly source: QuerySource
  /** What queries and series read from; the rest reads only what is stored here. Default `source`. */
  readonly merged?: QuerySource | undefined
  readonly clock: Pick<Clock, 'monotonic'>
  /** What main has told the running query. */
  readonly stopReason: () => 'timeout' | 'canceled' | undefined
  /** What all queries hold together. */
  readonly account?: MemoryAccount | undefined
  /** Takes the pieces of long answers; without it they are held until they are whole. */
  readonly onPiece?: ((piece: PieceEvent) => void) | undefined
}

/** Series between two looks at whether to stop. */
const CHECK_EVERY = 1000
/** What the labels of a series take, and one text of a list. */
const SERIES_BYTES = 500
const TEXT_BYTES = 60

const encoder = new TextEncoder()
const TRUNCATED = 'results truncated due to limit'

/** What a query thread does: one task at a time, synchronously. Failures are QueryErrors. */
export class QueryService {
  readonly #options: ServiceOptions
  readonly #deps: ServiceDeps

  constructor(options: ServiceOptions, deps: ServiceDeps) {
    this.#options = options
    this.#deps = deps
  }

  get #merged(): QuerySource {
    return this.#deps.merged ?? this.#deps.source
  }

  /** `expr`: a query's text, parsed before. */
  serve(task: ThreadTask, expr?: Expr): ThreadAnswer {
    const { source } = this.#deps
    const limits = this.#limits(task)
    try {
      switch (task.kind) {
        case 'query':
          return this.#query(task, limits, expr)
        case 'series':
          return this.#series(task, limits)
        case 'latest':
          return readLatest(source, task.request, limits)
        case 'remoteRead':
          return task.request.frameBytesMax === undefined
            ? readRemote(source, task.request, () => limits.check())
            : streamRemote(source, task.request, limits)
        case 'statistics':
          return readStatistics(source, task.request, limits)
        case 'warmUp':
          return answerStrings(['done'])
        case 'labelNames':
          return this.#labels(task.request, limits, (querier, matchers, hints) =>
            querier.labelNames(matchers, hints),
          )
        case 'labelValues':
          return this.#labels(task.request, limits, (querier, matchers, hints) =>
            querier.labelValues(task.name, matchers, hints),
          )
      }
    } catch (err) {
      throw toQueryError(err)
    }
  }

  /** The account of one task; 0: it has no deadline but main's. */
  #limits(task: ThreadTask): Limits {
    const { clock, stopReason, account } = this.#deps
    const { samplesMax, memoryMaxBytes = 0, perStepStats = false } = this.#options
    const timeoutMs = task.kind === 'query' ? task.timeoutMs : 0
    const deadline = timeoutMs > 0 ? clock.monotonic() + timeoutMs : Number.POSITIVE_INFINITY
    return new Limits({
      samplesMax,
      memoryMaxBytes,
      account,
      perStep: perStepStats && task.kind === 'query' && task.stats === 'all',
      stopReason: () => stopReason() ?? (clock.monotonic() > deadline ? 'timeout' : undefined),
    })
  }

  /** `,"explain":{...}` */
  #explain(task: QueryTask): string {
    const { query, isInstant, lookbackMs, startMs, endMs, stepMs, subqueryStepMs } = task
    const range = { startMs, endMs, stepMs }
    const options = { ...this.#options.engine, subqueryStepMs }
    const explanation = explainQuery({ query, isInstant, range, lookbackMs }, options)
    return `,"explain":${JSON.stringify(explanation)}`
  }

  #query(task: QueryTask, limits: Limits, expr: Expr | undefined): ThreadAnswer {
    const { clock } = this.#deps
    const source = this.#merged
    const explained = task.explain ? this.#explain(task) : ''
    if (task.explain === 'only') {
      const empty: QueryValue = task.isInstant
        ? { type: 'vector', timeMs: task.startMs, samples: [] }
        : { type: 'matrix', series: [] }
      const data = encodeValue(empty, { tail: explained })
      return { data, vector: undefined, strings: [], warnings: [], infos: [], facts: undefined }
    }
    const started = clock.monotonic()
    let opened = started
    const result = runQuery(
      {
        query: task.query,
        ...(expr && { expr }),
        isInstant: task.isInstant,
        range: { startMs: task.startMs, endMs: task.endMs, stepMs: task.stepMs },
        lookbackMs: task.lookbackMs,
        limits,
        openQuerier: (mint, maxt) => {
          const querier = source.querier(mint, maxt)
          opened = clock.monotonic()
          return querier
        },
      },
      { ...this.#options.engine, subqueryStepMs: task.subqueryStepMs },
    )
    const evaluated = clock.monotonic()
    const { value, isCut } = cutSeries(result.value, task.limit)
    const warnings = isCut ? [...result.warnings, TRUNCATED] : result.warnings
    const facts = {
      ...result.stats,
      prepareSeconds: (opened - started) / 1000,
      evalSeconds: (evaluated - opened) / 1000,
    }
    if (task.output === 'vector') {
      const vector = columnsOf(value)
      return { data: [], vector, strings: [], warnings, infos: result.infos, facts }
    }
    const seconds = { ...facts, queueSeconds: task.queueSeconds }
    const tail = task.stats ? `,"stats":${statsJson(seconds, result.stats)}` : ''
    const data = this.#encode(task, { warnings, infos: result.infos }, limits, (options) =>
      encodeValue(value, { ...options, tail: tail + explained }),
    )
    return { data, vector: undefined, strings: [], warnings, infos: result.infos, facts }
  }

  /** Prints an answer, within the limits. */
  #encode(
    { isStreamed }: { readonly isStreamed: boolean },
    head: Pick<ThreadAnswer, 'warnings' | 'infos'>,
    limits: Limits,
    print: (options: Pick<EncodeOptions, 'sink' | 'onPiece'>) => Uint8Array[],
  ): Uint8Array[] {
    const sink = isStreamed ? this.#sink(head) : undefined
    let hasBegun = false
    const onPiece = (bytes: number) => {
      // Compat: the deadline is one of the evaluation; an answer that is being sent is sent to its end.
      if (!hasBegun || this.#deps.stopReason() === 'canceled') limits.check()
      hasBegun = sink !== undefined
      limits.holdBytes(bytes)
    }
    return print({ sink, onPiece })
  }

  /** Sends pieces on, what else there is to say with the first one. */
  #sink(head: Pick<ThreadAnswer, 'warnings' | 'infos'>): PieceSink | undefined {
    const { onPiece } = this.#deps
    if (!onPiece) return undefined
    let first: typeof head | undefined = head
    const send = (piece: PieceEvent) => {
      onPiece(first ? { ...piece, first } : piece)
      first = undefined
    }
    return {
      shared: (buffer, at, length, word) => send({ shared: { buffer, at, length, word } }),
      own: (bytes) => send({ bytes }),
    }
  }

  #series(task: SeriesTask, limits: Limits): ThreadAnswer {
    const { matcherSets, mint, maxt, limit = 0 } = task.request
    const querier = this.#merged.querier(mint, maxt)
    try {
      const isOne = matcherSets.length === 1
      const more = limit > 0 ? { limit: limit + 1 } : {}
      const sets = matcherSets.map((text) => {
        limits.check()
        // Compat: series of one selector are in the order of storage.
        const hints = { mint, maxt, func: 'series', anyOrder: isOne, ...more }
        const set = querier.select(parseSelector(text), hints)
        limits.holdBytes(set.sizeBytes)
        return set
      })
      const all = isOne ? (sets[0] as SeriesSet) : joinSets(sets, limits)
      const isCut = limit > 0 && all.length > limit
      const warnings = isCut ? [...querier.warnings, TRUNCATED] : [...querier.warnings]
      const { pairs } = all
      const rows = {
        length: isCut ? limit : all.length,
        labels: (index: number) => all.labels(index),
        ...(pairs && { pairs }),
      }
      const data = this.#encode(task, { warnings, infos: [] }, limits, (options) =>
        encodeLabelSets(rows, options),
      )
      return { data, vector: undefined, strings: [], warnings, infos: [], facts: undefined }
    } finally {
      querier.close()
    }
  }

  #labels(
    { matcherSets, mint, maxt, limit = 0, isJson = false }: SelectRequest,
    limits: Limits,
    read: (
      querier: Querier,
      matchers: ReturnType<typeof parseSelector>,
      hints: { mint: number; maxt: number; limit?: number },
    ) => string[],
  ): ThreadAnswer {
    const querier = this.#merged.querier(mint, maxt)
    try {
      const hints = limit > 0 ? { mint, maxt, limit: limit + 1 } : { mint, maxt }
      const sets = matcherSets.length > 0 ? matcherSets.map((text) => parseSelector(text)) : [[]]
      const lists = sets.map((matchers) => {
        limits.check()
        const list = read(querier, matchers, hints)
        limits.holdBytes(list.length * TEXT_BYTES)
        return list
      })
      let strings = lists[0] ?? []
      if (lists.length > 1) strings = sortBytes([...new Set(lists.flat())])
      const warnings = [...querier.warnings]
      if (limit > 0 && strings.length > limit) {
        strings = strings.slice(0, limit)
        warnings.push(TRUNCATED)
      }
      const data = isJson ? [encoder.encode(quoteJsonList(strings))] : []
      if (isJson) strings = []
      return { data, vector: undefined, strings, warnings, infos: [], facts: undefined }
    } finally {
      querier.close()
    }
  }
}

/** An answer of a few words. */
export function answerStrings(strings: readonly string[]): ThreadAnswer {
  return { data: [], vector: undefined, strings, warnings: [], infos: [], facts: undefined }
}

function sortBytes(strings: string[]): string[] {
  const labels = strings.map((value) => ({ value, order: Labels.fromSortedFlat(['', value]) }))
  return labels.sort((a, b) => a.order.compare(b.order)).map(({ value }) => value)
}

function cutSeries(value: QueryValue, limit: number): { value: QueryValue; isCut: boolean } {
  if (limit <= 0) return { value, isCut: false }
  if (value.type === 'vector' && value.samples.length > limit) {
    return { value: { ...value, samples: value.samples.slice(0, limit) }, isCut: true }
  }
  if (value.type === 'matrix' && value.series.length > limit) {
    return { value: { ...value, series: value.series.slice(0, limit) }, isCut: true }
  }
  return { value, isCut: false }
}

/** The rows of an instant vector or a scalar, for rules. */
function columnsOf(value: QueryValue): VectorColumns {
  if (value.type === 'scalar') {
    const values = Float64Array.of(value.value)
    return { labels: [[]], values, histograms: undefined, isScalar: true }
  }
  if (value.type !== 'vector') {
    throw new QueryError('execution', 'rule result is not a vector or scalar')
  }
  const { samples } = value
  const hasHistograms = samples.some(({ histogram }) => histogram !== undefined)
  return {
    labels: samples.map(({ labels }) => labels.flat()),
    values: Float64Array.from(samples, (sample) => sample.value),
    histograms: hasHistograms ? samples.map(({ histogram }) => histogram) : undefined,
    isScalar: false,
  }
}

/** Series of several selections, each once, in label order. */
function joinSets(
  sets: readonly SeriesSet[],
  limits: Limits,
): Pick<SeriesSet, 'length' | 'labels' | 'pairs'> {
  const found = new Map<string, Labels>()
  for (const set of sets) {
    for (let i = 0; i < set.length; i++) {
      if (i % CHECK_EVERY === 0) {
        limits.check()
        limits.holdBytes(Math.min(CHECK_EVERY, set.length - i) * SERIES_BYTES)
      }
      const labels = set.labels(i)
      found.set(labels.key(), labels)
    }
  }
  const all = [...found.values()].sort((a, b) => a.compare(b))
  return { length: all.length, labels: (index) => all[index] as Labels }
}

/** Every failure as the API has it. */
export function toQueryError(err: unknown): Error {
  if (err instanceof QueryError) return err
  if (err instanceof ParseError || err instanceof QueryTypeError) {
    return new QueryError('bad_data', err.message)
  }
  if (err instanceof EvaluationError) return new QueryError(err.kind, err.message, err.limit)
  if (err instanceof Error && err.name === 'StorageError') {
    return new QueryError('execution', err.message)
  }
  const reason = err instanceof Error ? err.message : String(err)
  return new QueryError('execution', `unexpected error: ${reason}`)
}
