import type { Registry } from '@prom/metrics'
import type { Clock, Logger, Port } from '@prom/runtime'
import type { ActiveQueryLog } from './active-query-log.ts'
import { AnswerStream } from './answer-stream.ts'
import { type Queries, QueryError, type QueryOptions, type RunningQuery } from './contract.ts'
import {
  addAnswerBytes,
  clearThread,
  createLedger,
  heldByThread,
  heldBytes,
  type MemoryLedger,
} from './memory-ledger.ts'
import {
  FLAG_STOP,
  type PieceEvent,
  type QueryFacts,
  type QueryTask,
  STOP_CANCELED,
  STOP_NONE,
  STOP_TIMEOUT,
  type ThreadAnswer,
  type ThreadTask,
} from './messages.ts'
import { asQueryError, stopError } from './pool-errors.ts'
import { PoolMetrics } from './pool-metrics.ts'
import type { QueryLog, QueryOrigin } from './query-log.ts'
import { createTaskQueries } from './task-queries.ts'
import { type Slot, ThreadSlots } from './thread-slots.ts'
import { warmThreads } from './warm-threads.ts'

/** A query thread as the pool sees it; `createWorkerPort` of runtime makes one. */
export interface QueryThreadPort extends Port<ThreadTask, ThreadAnswer, PieceEvent> {
  /** Ends the thread at once, whatever it does. */
  terminate(): Promise<void>
  onExit(listener: (err: Error | undefined) => void): void
}

export interface QueryPoolOptions {
  /** How many threads evaluate queries in ordinary times. */
  readonly threadCount: number
  /** How many there may be while long queries hold those; one of them is for rules alone. */
  readonly threadsMax?: number
  /** `--query.max-concurrency`: never more threads than this. */
  readonly concurrencyMax: number
  /** Bytes all queries may hold together, answers not sent yet included; 0 or nothing: no limit. */
  readonly memoryMaxBytes?: number
  /** How many more may wait; beyond that queries are refused. */
  readonly queueCapacity?: number
  /** `--query.timeout`. */
  readonly timeoutMs: number
  /** Step of subqueries without one, until `configure` says otherwise. */
  readonly subqueryStepMs: number
}

export interface QueryPoolDeps {
  /** Starts thread `index`; `flags` is how the pool talks to the query that runs there. */
  readonly startThread: (index: number, flags: Int32Array, ledger: MemoryLedger) => QueryThreadPort
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  readonly activeQueries?: ActiveQueryLog
  /** Answers what is not worth a thread; undefined leaves it to one. */
  readonly small?: { serve(task: QueryTask): ThreadAnswer | undefined }
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
  /** Since when it has been running, on the monotonic clock. */
  runningMs: number
  /** In the file of active queries; -1: not there. */
  place: number
  isStopped: boolean
  isDone: boolean
  /** The answer, if it has begun to come in pieces. */
  stream: AnswerStream | undefined
  /** Ends watching the asker. */
  unwatch: (() => void) | undefined
}

type Thread = Slot<Job>

/** How long a query may go on after it has been told to stop, before its thread is ended. */
const GRACE_MS = 2000
/**
 * A query that waited so long behind others that each run for so long already gets a thread more, if there is one. Many
 * short queries do not: a new thread begins with cold code and empty caches, and would only make them slower.
 */
const GROW_AFTER_MS = 100
const LONG_RUNNING_MS = 250
/** How often all jobs are looked after; the first time earlier, for the file of active queries. */
const TICK_MS = 250
const FIRST_TICK_MS = 25
/** How long threads beyond the usual ones stay without work. */
const EXTRA_IDLE_MS = 30_000
/** While others hold more than this part of the memory, ad-hoc queries wait. */
const ADMIT_BELOW = 0.75
/** Smaller answers are not worth counting. */
const COUNTED_ANSWER_BYTES = 1 << 20
const QUEUE_CAPACITY = 1000

/**
 * Runs queries in threads, one at a time in each. What cannot run yet waits: rules before ad-hoc queries. A query
 * that does not stop when told to is ended with its thread, and a new thread takes its place.
 */
export class QueryPool implements Queries {
  readonly #options: QueryPoolOptions
  readonly #deps: QueryPoolDeps
  readonly #metrics: PoolMetrics
  readonly #slots: ThreadSlots<Job>
  readonly #ledger: MemoryLedger
  readonly #queues: { readonly rule: Job[]; readonly 'ad-hoc': Job[] } = { rule: [], 'ad-hoc': [] }
  readonly #jobs = new Map<number, Job>()
  readonly #queries: Queries
  #subqueryStepMs: number
  #log: QueryLog | undefined
  #lastId = 0
  #isClosed = false
  #isGrowing = false
  #isTicking = false
  #isShrinking = false

  constructor(options: QueryPoolOptions, deps: QueryPoolDeps) {
    this.#options = options
    this.#deps = deps
    this.#subqueryStepMs = options.subqueryStepMs
    this.#metrics = new PoolMetrics(deps.metrics, deps.clock, {
      running: () => this.#jobs.size,
      concurrencyMax: options.concurrencyMax,
      threads: () => this.#slots.all.filter(({ port }) => port !== undefined).length,
      memoryBytes: () => heldBytes(this.#ledger),
      memoryMaxBytes: options.memoryMaxBytes ?? 0,
    })
    const { threadCount, threadsMax = threadCount, concurrencyMax, memoryMaxBytes = 0 } = options
    const max = Math.min(threadsMax, concurrencyMax)
    this.#slots = new ThreadSlots({ usual: Math.min(threadCount, concurrencyMax), max })
    this.#ledger = createLedger(this.#slots.all.length, memoryMaxBytes)
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

  /** Starts the usual threads (else each starts with its first query) and lets them run code: see `warmThreads`. */
  warmUp(): Promise<boolean> {
    const ports = this.#slots.usual.map((thread) => () => this.#portOf(thread))
    return warmThreads(ports, () => this.#isClosed || this.#jobs.size > 0)
  }

  /** Queries that run or wait, oldest first. */
  running(): RunningQuery[] {
    return [...this.#jobs.values()].map(({ id, task, priority, startedMs, thread, origin }) => ({
      id,
      kind: task.kind,
      query: task.kind === 'query' ? task.query : '',
      priority,
      startedMs,
      isRunning: thread !== undefined,
      memoryBytes: thread ? heldByThread(this.#ledger, thread.index) : 0,
      origin,
    }))
  }

  /** Cancels a query of `running`; false if there is none such. */
  cancel(id: number): boolean {
    const job = this.#jobs.get(id)
    if (!job) return false
    this.#metrics.canceled.inc()
    this.#stop(job, 'canceled')
    return true
  }

  /** Cancels what runs and waits, and ends the threads. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const job of [...this.#jobs.values()]) this.#stop(job, 'canceled')
    await Promise.all(this.#slots.all.map(({ port }) => port?.terminate()))
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
    const small = this.#runSmall(task, options)
    if (small) return Promise.resolve(small)
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
        runningMs: 0,
        place: -1,
        isStopped: false,
        isDone: false,
        stream: undefined,
        unwatch: undefined,
      }
      this.#jobs.set(job.id, job)
      this.#queues[job.priority].push(job)
      this.#watch(job, options.signal)
      this.#dispatch()
      void this.#tick()
    })
  }

  #runSmall(task: ThreadTask, { priority, origin }: QueryOptions): ThreadAnswer | undefined {
    const { small } = this.#deps
    if (!small || task.kind !== 'query' || priority === 'rule') return undefined
    const answer = small.serve(task)
    if (!answer) return undefined
    this.#metrics.queued(0)
    if (answer.facts) this.#metrics.done(answer.facts)
    this.#writeLog({ task, origin }, 0, answer.facts, undefined)
    return answer
  }

  /** Stops the job when its asker goes away; its timeout is the matter of `#tick`. */
  #watch(job: Job, signal: AbortSignal | undefined): void {
    if (!signal) return
    if (signal.aborted) {
      this.#stop(job, 'canceled')
      return
    }
    const cancel = () => this.#stop(job, 'canceled')
    signal.addEventListener('abort', cancel, { once: true })
    job.unwatch = () => signal.removeEventListener('abort', cancel)
  }

  /** Looks after all jobs together for as long as there are any: a timer for each would cost more than most queries. */
  async #tick(): Promise<void> {
    if (this.#isTicking) return
    this.#isTicking = true
    const { clock } = this.#deps
    let sleepMs = FIRST_TICK_MS
    for (;;) {
      await clock.sleep(sleepMs)
      if (this.#jobs.size === 0 || this.#isClosed) break
      sleepMs = TICK_MS
      for (const job of [...this.#jobs.values()]) {
        const ageMs = clock.monotonic() - job.addedMs
        if (ageMs >= job.timeoutMs && !job.isStopped) this.#stop(job, 'timeout')
        else if (!job.isStopped) sleepMs = Math.min(sleepMs, Math.max(1, job.timeoutMs - ageMs))
        this.#noteActive(job)
      }
    }
    this.#isTicking = false
  }

  /** Queries that are over at once are not worth two writes to a file. */
  #noteActive(job: Job): void {
    const { activeQueries } = this.#deps
    if (!activeQueries || job.place >= 0 || !job.thread || job.task.kind !== 'query') return
    job.place = activeQueries.insert(job.task.query)
  }

  #dispatch(): void {
    this.#dispatchFrom('rule')
    if (this.#isCrowded()) return
    this.#dispatchFrom('ad-hoc')
    if (this.#queues['ad-hoc'].length > 0) this.#growLater()
  }

  #dispatchFrom(priority: 'rule' | 'ad-hoc'): void {
    const queue = this.#queues[priority]
    while (queue.length > 0) {
      const thread = this.#slots.free(priority)
      if (!thread) return
      void this.#start(thread, queue.shift() as Job)
    }
  }

  /** Others hold so much that one more query would hardly get anything. */
  #isCrowded(): boolean {
    const { maxBytes } = this.#ledger
    if (maxBytes === 0 || this.#queues['ad-hoc'].length === 0) return false
    if (heldBytes(this.#ledger) < maxBytes * ADMIT_BELOW) return false
    this.#metrics.delayed.inc()
    this.#growLater()
    return true
  }

  /** Looks again soon whether what waits must go on waiting. */
  #growLater(): void {
    if (this.#isGrowing || this.#isClosed) return
    this.#isGrowing = true
    const { clock } = this.#deps
    void clock.sleep(GROW_AFTER_MS).then(() => {
      this.#isGrowing = false
      const [oldest] = this.#queues['ad-hoc']
      if (!oldest || this.#isClosed) return
      const hasWaited = clock.monotonic() - oldest.addedMs >= GROW_AFTER_MS
      const longSinceMs = clock.monotonic() - LONG_RUNNING_MS
      const isHeld = this.#slots.open.every(({ job }) => job && job.runningMs <= longSinceMs)
      if (hasWaited && isHeld) this.#slots.grow()
      this.#dispatch()
    })
  }

  /** Ends threads beyond the usual ones when there was nothing for them for a while. */
  #shrinkLater(thread: Thread): void {
    if (thread.index < this.#slots.usual.length || this.#isShrinking || this.#isClosed) return
    this.#isShrinking = true
    void this.#deps.clock.sleep(EXTRA_IDLE_MS).then(() => {
      this.#isShrinking = false
      if (this.#isClosed) return
      for (const { port } of this.#slots.shrink()) void port?.terminate()
    })
  }

  async #start(thread: Thread, job: Job): Promise<void> {
    const { clock, activeQueries } = this.#deps
    const queuedMs = clock.monotonic() - job.addedMs
    this.#metrics.queued(queuedMs / 1000)
    thread.job = job
    job.thread = thread
    job.runningMs = clock.monotonic()
    Atomics.store(thread.flags, FLAG_STOP, STOP_NONE)
    try {
      const answer = await this.#portOf(thread).call(withQueueTime(job, queuedMs))
      if (answer.facts) this.#metrics.done(answer.facts)
      this.#writeLog(job, queuedMs, answer.facts, undefined)
      this.#finish(job, this.#counted(answer))
    } catch (err) {
      const failure = err instanceof Error ? err : new Error(String(err))
      this.#writeLog(job, queuedMs, undefined, failure.message)
      this.#finish(job, failure)
    }
    if (job.place >= 0) activeQueries?.delete(job.place)
    clearThread(this.#ledger, thread.index)
    if (thread.job === job) thread.job = undefined
    this.#shrinkLater(thread)
    this.#dispatch()
  }

  /** A piece of an answer; with the first one who asked gets what there is so far. */
  #addPiece(job: Job, piece: PieceEvent): void {
    const { first } = piece
    if (first && !job.stream) {
      const stream = new AnswerStream((bytes) => {
        addAnswerBytes(this.#ledger, bytes)
        if (bytes < 0) this.#dispatch()
      })
      job.stream = stream
      job.resolve({
        ...first,
        ...{ data: [], vector: undefined, strings: [], facts: undefined, rest: stream },
        release: () => stream.giveUp(),
      })
    }
    job.stream?.add(piece)
  }

  /** The answer, its bytes accounted for until it is released. */
  #counted(answer: ThreadAnswer): ThreadAnswer {
    const bytes = answer.data.reduce((sum, piece) => sum + piece.length, 0)
    if (bytes < COUNTED_ANSWER_BYTES) return answer
    addAnswerBytes(this.#ledger, bytes)
    let isHeld = true
    const release = () => {
      if (!isHeld) return
      isHeld = false
      addAnswerBytes(this.#ledger, -bytes)
      this.#dispatch()
    }
    return { ...answer, release }
  }

  #writeLog(
    { task, origin }: Pick<Job, 'task' | 'origin'>,
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
    clearThread(this.#ledger, thread.index)
    const port = this.#deps.startThread(thread.index, thread.flags, this.#ledger)
    thread.port = port
    port.onEvent((piece) => {
      if (thread.port === port && thread.job) this.#addPiece(thread.job, piece)
    })
    port.onExit((err) => {
      if (thread.port === port) thread.port = undefined
      clearThread(this.#ledger, thread.index)
      if (this.#isClosed) return
      const wasBusy = thread.job !== undefined
      // An idle thread that was not needed any more.
      if (!err && !wasBusy) return
      this.#metrics.replaced.inc()
      if (err) this.#deps.log.error('Query thread failed', { index: thread.index, err })
      // Another one at once: it gives back what the ended one held in shared memory.
      if (wasBusy) this.#portOf(thread)
    })
    return port
  }

  #stop(job: Job, reason: 'timeout' | 'canceled'): void {
    if (job.isDone) return
    job.isStopped = true
    // What is being sent is sent to its end, while there is somebody to take it.
    if (job.stream && reason === 'timeout') return
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
      if (job.stream && reason === 'timeout') return
      this.#deps.log.warn('Query did not stop, its thread is replaced', { reason })
      this.#finish(job, stopError(reason, true))
      void thread.port?.terminate()
    })
  }

  #finish(job: Job, outcome: ThreadAnswer | Error): void {
    if (job.isDone) return
    job.isDone = true
    job.unwatch?.()
    this.#jobs.delete(job.id)
    if (!(outcome instanceof Error)) {
      job.stream?.end()
      job.resolve(outcome)
      return
    }
    this.#metrics.failed(outcome)
    const failure = asQueryError(outcome)
    job.stream?.fail(failure)
    job.reject(failure)
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
