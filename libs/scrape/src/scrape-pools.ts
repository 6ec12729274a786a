import {
  type DialObserver,
  fromPlainClient,
  type HttpClient,
  type HttpClientConfig,
} from '@prom/http'
import { fromPlainRules } from '@prom/relabel'
import type { AlarmClock, HostNet, Logger } from '@prom/runtime'
import type { Appender } from '@prom/storage'
import type { HeadWriter } from '@prom/tsdb'
import type { BodyMemory } from './body-memory.ts'
import type { PoolOptions, PoolPlan, TargetMetadata, TargetPlan, TargetStatus } from './contract.ts'
import type { FailureLogs } from './failure-log.ts'
import { Deadlines } from './fetch/deadlines.ts'
import { createFetcher } from './fetch/fetcher.ts'
import { DirectGunzip } from './fetch/gunzip.ts'
import { ScrapeLoop } from './scrape-loop.ts'
import type { ScrapeMetrics } from './scrape-metrics.ts'
import { ScrapeStore } from './scrape-store.ts'
import { Wakeups } from './wakeups.ts'

export interface ScrapePoolsDeps {
  readonly clock: AlarmClock
  readonly net: HostNet
  readonly log: Logger
  readonly memory: BodyMemory
  readonly head: HeadWriter
  readonly appender: () => Appender
  readonly metrics: ScrapeMetrics
  readonly version: string
  readonly offsetSeed: number
  readonly toleranceMs: number
  /** Makes the client for pools that need more than plain HTTP. */
  readonly failureLogs: FailureLogs
  readonly createClient: (config: HttpClientConfig, onDial: DialObserver) => HttpClient
}

interface RunningLoop {
  readonly loop: ScrapeLoop
  readonly done: Promise<void>
}

interface RunningPool {
  readonly options: string
  readonly client: LazyClient
  /** Counts what it dials. */
  readonly net: HostNet
  readonly loops: Map<string, RunningLoop>
}

/** The scrape loops of all pools, in the ingest thread. */
export class ScrapePools {
  readonly #deps: ScrapePoolsDeps
  readonly #pools = new Map<string, RunningPool>()
  readonly #ending = new Set<Promise<void>>()
  readonly #shutdown = new AbortController()
  readonly #wakeups: Wakeups
  readonly #deadlines: Deadlines
  readonly #gunzip = new DirectGunzip()

  constructor(deps: ScrapePoolsDeps) {
    this.#deps = deps
    this.#wakeups = new Wakeups(deps.clock)
    this.#deadlines = new Deadlines(deps.clock)
  }

  /**
   * Brings the named pools to what their plans say and ends the removed ones. A target keeps its loop as long as
   * its key, times and the pool's options stay.
   */
  sync(plans: readonly PoolPlan[], removed: readonly string[]): void {
    if (this.#shutdown.signal.aborted) return
    for (const name of removed) {
      const pool = this.#pools.get(name)
      if (pool) this.#end(name, pool)
    }
    for (const plan of plans) this.#syncPool(plan)
  }

  targets(): TargetStatus[] {
    return this.#loops().map(({ loop }) => loop.status())
  }

  metadata(): TargetMetadata[] {
    const all: TargetMetadata[] = []
    for (const { loop } of this.#loops()) {
      for (const [metric, { type, help, unit }] of loop.store.metadata) {
        all.push({ target: loop.plan.labels, metric, type, help, unit })
      }
    }
    return all
  }

  /** Families described and the bytes of their texts, per pool. */
  metadataSizes(): { readonly pool: string; readonly entries: number; readonly bytes: number }[] {
    return [...this.#pools].map(([pool, { loops }]) => {
      let entries = 0
      let bytes = 0
      for (const { loop } of loops.values()) {
        entries += loop.store.metadata.size
        bytes += loop.store.metadata.sizeBytes()
      }
      return { pool, entries, bytes }
    })
  }

  /** Stops all loops without stale markers; resolves when the last one is out. */
  async stop(): Promise<void> {
    this.#shutdown.abort()
    const loops = this.#loops()
    for (const { loop } of loops) loop.stop()
    await Promise.all([...loops.map(({ done }) => done), ...this.#ending])
    this.#deadlines.settle()
    await Promise.all([...this.#pools.values()].map(({ client }) => client.close()))
    this.#pools.clear()
  }

  #loops(): RunningLoop[] {
    return [...this.#pools.values()].flatMap(({ loops }) => [...loops.values()])
  }

  #syncPool(plan: PoolPlan): void {
    const options = printOptions(plan.options)
    let pool = this.#pools.get(plan.name)
    if (pool && pool.options !== options) {
      // Other options make other samples: all loops start anew. The markers of the old ones come too late for
      // series that go on, and in time for those that do not.
      this.#end(plan.name, pool)
      pool = undefined
    }
    if (!pool) {
      const onDial = this.#deps.metrics.dials.of(plan.name)
      const client = new LazyClient(() =>
        this.#deps.createClient(fromPlainClient(plan.options.httpClient), onDial),
      )
      const { net } = this.#deps
      const connect: HostNet['connect'] = (options) => {
        const socket = net.connect(options)
        onDial(socket)
        return socket
      }
      pool = { options, client, net: { ...net, connect }, loops: new Map() }
      this.#pools.set(plan.name, pool)
    }
    const wanted = new Map(plan.targets.map((target) => [identity(target), target]))
    for (const [key, running] of pool.loops) {
      if (wanted.has(key)) continue
      pool.loops.delete(key)
      this.#stopLoop(running)
    }
    const rules = fromPlainRules(plan.options.metricRelabelRules)
    for (const [key, target] of wanted) {
      if (!pool.loops.has(key)) {
        pool.loops.set(key, this.#start(plan.name, target, plan.options, rules, pool))
      }
    }
  }

  #start(
    name: string,
    target: TargetPlan,
    options: PoolOptions,
    rules: ReturnType<typeof fromPlainRules>,
    { client, net }: RunningPool,
  ): RunningLoop {
    const log = this.#deps.log.with({ scrape_pool: name, target: target.url })
    const store = new ScrapeStore(target, options, rules, { ...this.#deps, log })
    const fetcher = createFetcher(target, options, {
      ...this.#deps,
      net,
      deadlines: this.#deadlines,
      gunzip: this.#gunzip,
      client: () => client.get(),
    })
    const onFailure = (error: string) => {
      if (options.failureLogFile === '') return
      this.#deps.failureLogs.write(options.failureLogFile, name, target.url, error)
    }
    const deps = { ...this.#deps, wakeups: this.#wakeups, log, store, fetcher, onFailure }
    const loop = new ScrapeLoop(name, target, deps)
    return { loop, done: loop.run(this.#shutdown.signal) }
  }

  #stopLoop({ loop, done }: RunningLoop): void {
    loop.stop()
    const ending = done.finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }

  #end(name: string, pool: RunningPool): void {
    for (const running of pool.loops.values()) this.#stopLoop(running)
    this.#pools.delete(name)
    void pool.client.close()
  }
}

/** A client made at its first use: most pools never need one. */
class LazyClient {
  readonly #create: () => HttpClient
  #client: HttpClient | undefined

  constructor(create: () => HttpClient) {
    this.#create = create
  }

  get(): HttpClient {
    this.#client ??= this.#create()
    return this.#client
  }

  async close(): Promise<void> {
    await this.#client?.close()
  }
}

/** What makes a loop that of a target: a change of any of it starts a new one. */
function identity({ key, intervalMs, timeoutMs, refusal, url }: TargetPlan): string {
  return [key, intervalMs, timeoutMs, refusal ?? '', url].join('\xff')
}

function printOptions(options: PoolOptions): string {
  return JSON.stringify(options, (_, value) => (value instanceof Map ? [...value] : value))
}
