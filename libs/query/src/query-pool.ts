import type { Registry } from '@prom/metrics'
import type { Clock, Logger, Port } from '@prom/runtime'
import type { ActiveQueryLog } from './active-query-log.ts'
import { type Queries, QueryError, type QueryOptions } from './contract.ts'
import {
  FLAG_STOP,
  type QueryFacts,
  type QueryTask,
  STOP_CANCELED,
  STOP_NONE,
  STOP_TIMEOUT,
  type ThreadAnswer,
  type ThreadTask,
} from './messages.ts'
import { PoolMetrics } from './pool-metrics.ts'
import type { QueryLog, QueryOrigin } from './query-log.ts'
import { createTaskQueries } from './task-queries.ts'

/** A query thread as the pool sees it; `createWorkerPort` of runtime makes one. */
export interface QueryThreadPort extends Port<ThreadTask, ThreadAnswer> {
  /** Ends the thread at once, whatever it does. */
  terminate(): Promise<void>
  onExit(listener: (err: Error | undefined) => void): void
}

export interface QueryPoolOptions {
  /** How many threads evaluate queries. */
  readonly threadCount: number
  /** `--query.max-concurrency`: no more than this run or wait in line of the threads. */
  readonly concurrencyMax: number
  /** How many more may wait; beyond that queries are refused. */
  readonly queueCapacity?: number
  /** `--query.timeout`. */
  readonly timeoutMs: number
  /** Step of subqueries without one, until `configure` says otherwise. */
  readonly subqueryStepMs: number
}

export interface QueryPoolDeps {
  /** Starts thread `index`; `flags` is how the pool talks to the query that runs there. */
  readonly startThread: (index: number, flags: Int32Array) => QueryThreadPort
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  readonly activeQueries?: ActiveQueryLog
}

/** One of the queries that run or wait. */
export interface RunningQuery {
  readonly id: number
  readonly query: string
  readonly startedMs: number
  readonly isRunning: boolean
}

interface Job {
  readonly origin: QueryOrigin | undefined
  readonly id: number
  readonly task: ThreadTask
  readonly priority: 'rule' | 'ad-hoc'
  readonly addedMs: number
  readonly startedMs: number
  readonly timeoutMs: number
  resolve(answer: ThreadAnswer): void
  reject(err: Error): void
  thread: Thread | undefined
  isDone: boolean
}

interface Thread {
  readonly index: number
  readonly flags: Int32Array
  port: QueryThreadPort | undefined
  job: Job | undefined
}

/** How long a query may go on after it has been told to stop, before its thread is ended. */
const GRACE_MS = 2000
const QUEUE_CAPACITY = 1000

/**
 * Runs queries in threads, one at a time in each. What cannot run yet waits: rules before ad-hoc queries. A query
 * that does not stop when told to is ended with its thread, and a new thread takes its place.
 */
export class QueryPool implements Queries {
  readonly #options: QueryPoolOptions
  readonly #deps: QueryPoolDeps
  readonly #metrics: PoolMetrics
  readonly #threads: Thread[]
  readonly #queues: { readonly rule: Job[]; readonly 'ad-hoc': Job[] } = { rule: [], 'ad-hoc': [] }
  readonly #jobs = new Map<number, Job>()
  readonly #queries: Queries
  #subqueryStepMs: number
  #log: QueryLog | undefined
  #lastId = 0
  #isClosed = false

  constructor(options: QueryPoolOptions, deps: QueryPoolDeps) {
    this.#options = options
    this.#deps = deps
    this.#subqueryStepMs = options.subqueryStepMs
    this.#metrics = new PoolMetrics(deps.metrics, deps.clock, {
      running: () => this.#jobs.size,
      concurrencyMax: options.concurrencyMax,
    })
    const count = Math.max(1, Math.min(options.threadCount, options.concurrencyMax))
    this.#threads = Array.from({ length: count }, (_, index) => ({
      index,
      flags: new Int32Array(new SharedArrayBuffer(8)),
      port: undefined,
      job: undefined,
    }))
    this.#queries = createTaskQueries(
      (task, taskOptions) => this.#run(task, taskOptions),
      () => ({ timeoutMs: options.timeoutMs, subqueryStepMs: this.#subqueryStepMs }),
    )
  }

  instant: Queries['instant'] = (...args) => this.#queries.instant(...args)
  range: Queries['range'] = (...args) => this.#queries.range(...args)
  vector: Queries['vector'] = (...args) => this.#queries.vector(...args)
  series: Queries['series'] = (...args) => this.#queries.series(...args)
  labelNames: Queries['labelNames'] = (...args) => this.#queries.labelNames(...args)
  labelValues: Queries['labelValues'] = (...args) => this.#queries.labelValues(...args)
  remoteRead: Queries['remoteRead'] = (...args) => this.#queries.remoteRead(...args)
  statistics: Queries['statistics'] = (...args) => this.#queries.statistics(...args)
  latest: Queries['latest'] = (...args) => this.#queries.latest(...args)

  /** What a reload changes. */
  configure({ subqueryStepMs }: { readonly subqueryStepMs: number }): void {
    this.#subqueryStepMs = subqueryStepMs
  }

  /** Logs every finished query there from now on; undefined ends it. The pool closes what it had before. */
  setQueryLog(log: QueryLog | undefined): void {
    this.#log?.close()
    this.#log = log
    this.#metrics.logEnabled.set(log ? 1 : 0)
  }

  /** Starts all threads; else each starts with its first query. */
  start(): void {
    for (const thread of this.#threads) this.#portOf(thread)
  }

  /** Queries that run or wait, oldest first. */
  running(): RunningQuery[] {
    return [...this.#jobs.values()].map(({ id, task, startedMs, thread }) => ({
      id,
      query: task.kind === 'query' ? task.query : task.kind,
      startedMs,
      isRunning: thread !== undefined,
    }))
  }

  /** Cancels a query of `running`; false if there is none such. */
  cancel(id: number): boolean {
    const job = this.#jobs.get(id)
    if (!job) return false
    this.#stop(job, 'canceled')
    return true
  }

  /** Cancels what runs and waits, and ends the threads. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const job of [...this.#jobs.values()]) this.#stop(job, 'canceled')
    await Promise.all(this.#threads.map(({ port }) => port?.terminate()))
    this.setQueryLog(undefined)
    for (const job of [...this.#jobs.values()]) this.#finish(job, stopError('canceled', true))
  }

  #run(task: ThreadTask, options: QueryOptions): Promise<ThreadAnswer> {
    const { clock } = this.#deps
    const waiting = this.#queues.rule.length + this.#queues['ad-hoc'].length
    if (this.#isClosed) return Promise.reject(new QueryError('canceled', 'server is shutting down'))
    if (waiting >= (this.#options.queueCapacity ?? QUEUE_CAPACITY)) {
      this.#metrics.rejected.inc()
      return Promise.reject(new QueryError('too_many', 'too many queries are waiting'))
    }
    return new Promise((resolve, reject) => {
      const timeoutMs = task.kind === 'query' ? task.timeoutMs : this.#options.timeoutMs
      const job: Job = {
        origin: options.origin,
        id: ++this.#lastId,
        task,
        priority: options.priority ?? 'ad-hoc',
        addedMs: clock.monotonic(),
        startedMs: clock.now(),
        timeoutMs,
        resolve,
        reject,
        thread: undefined,
        isDone: false,
      }
      this.#jobs.set(job.id, job)
      this.#queues[job.priority].push(job)
      this.#watch(job, options.signal)
      this.#dispatch()
    })
  }

  /** Stops the job at its timeout, or when its asker goes away. */
  #watch(job: Job, signal: AbortSignal | undefined): void {
    const done = new AbortController()
    const { resolve, reject } = job
    job.resolve = (answer) => {
      done.abort()
      resolve(answer)
    }
    job.reject = (err) => {
      done.abort()
      reject(err)
    }
    const { clock } = this.#deps
    void clock.sleep(job.timeoutMs, done.signal).then(() => {
      if (!job.isDone) this.#stop(job, 'timeout')
    })
    if (signal?.aborted) this.#stop(job, 'canceled')
    signal?.addEventListener('abort', () => this.#stop(job, 'canceled'), {
      once: true,
      signal: done.signal,
    })
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (thread.job) continue
      const job = this.#queues.rule.shift() ?? this.#queues['ad-hoc'].shift()
      if (!job) return
      void this.#start(thread, job)
    }
  }

  async #start(thread: Thread, job: Job): Promise<void> {
    const { clock, activeQueries } = this.#deps
    const queuedMs = clock.monotonic() - job.addedMs
    this.#metrics.queued(queuedMs / 1000)
    thread.job = job
    job.thread = thread
    Atomics.store(thread.flags, FLAG_STOP, STOP_NONE)
    const place = job.task.kind === 'query' ? (activeQueries?.insert(job.task.query) ?? -1) : -1
    try {
      const answer = await this.#portOf(thread).call(withQueueTime(job, queuedMs))
      if (answer.facts) this.#metrics.done(answer.facts)
      this.#writeLog(job, queuedMs, answer.facts, undefined)
      this.#finish(job, answer)
    } catch (err) {
      const failure = err instanceof Error ? err : new Error(String(err))
      this.#writeLog(job, queuedMs, undefined, failure.message)
      this.#finish(job, failure)
    }
    activeQueries?.delete(place)
    if (thread.job === job) thread.job = undefined
    this.#dispatch()
  }

  #writeLog(
    { task, origin }: Job,
    queuedMs: number,
    facts: QueryFacts | undefined,
    error: string | undefined,
  ): void {
    if (!this.#log || task.kind !== 'query') return
    try {
      this.#log.write({ task, queueSeconds: queuedMs / 1000, facts, error, origin })
    } catch (err) {
      this.#metrics.logFailures.inc()
      this.#deps.log.error("can't log query", { err })
    }
  }

  #portOf(thread: Thread): QueryThreadPort {
    if (thread.port) return thread.port
    const port = this.#deps.startThread(thread.index, thread.flags)
    thread.port = port
    port.onExit((err) => {
      if (thread.port === port) thread.port = undefined
      if (this.#isClosed) return
      this.#metrics.replaced.inc()
      if (err) this.#deps.log.error('Query thread failed', { index: thread.index, err })
    })
    return port
  }

  #stop(job: Job, reason: 'timeout' | 'canceled'): void {
    if (job.isDone) return
    const { thread } = job
    if (!thread) {
      const queue = this.#queues[job.priority]
      queue.splice(queue.indexOf(job), 1)
      this.#finish(job, stopError(reason, false))
      return
    }
    const word = reason === 'timeout' ? STOP_TIMEOUT : STOP_CANCELED
    Atomics.store(thread.flags, FLAG_STOP, word)
    void this.#deps.clock.sleep(GRACE_MS).then(() => {
      if (job.isDone || thread.job !== job) return
      this.#deps.log.warn('Query did not stop, its thread is replaced', { reason })
      this.#finish(job, stopError(reason, true))
      void thread.port?.terminate()
    })
  }

  #finish(job: Job, outcome: ThreadAnswer | Error): void {
    if (job.isDone) return
    job.isDone = true
    this.#jobs.delete(job.id)
    if (outcome instanceof Error) job.reject(asQueryError(outcome))
    else job.resolve(outcome)
  }
}

function withQueueTime({ task, timeoutMs }: Job, queuedMs: number): ThreadTask {
  if (task.kind !== 'query') return task
  const left: QueryTask = {
    ...task,
    timeoutMs: Math.max(1, timeoutMs - queuedMs),
    queueSeconds: queuedMs / 1000,
  }
  return left
}

function stopError(reason: 'timeout' | 'canceled', isRunning: boolean): QueryError {
  const where = isRunning ? 'expression evaluation' : 'query queue'
  const what = reason === 'timeout' ? 'query timed out' : 'query was canceled'
  return new QueryError(reason, `${what} in ${where}`)
}

/** Errors from a thread have lost their class, and a thread that died gives a plain one. */
function asQueryError(err: Error): QueryError {
  if (err instanceof QueryError) return err
  const { errorType } = err as Partial<QueryError>
  if (typeof errorType === 'string') return new QueryError(errorType, err.message)
  return new QueryError('internal', `query thread ended: ${err.message}`)
}
