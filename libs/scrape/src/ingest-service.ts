import { createHttpClient } from '@prom/http'
import type { OtlpBody, OtlpSettings } from '@prom/remote'
import type { AlarmClock, HostFiles, HostNet, Logger, Random } from '@prom/runtime'
import { type Compactor, openAgentStorage, openTsdb, type ReplayProgress } from '@prom/tsdb'
import type { AppendRows, PoolPlan } from './contract.ts'
import type {
  IngestControl,
  IngestOptions,
  OpenedStorage,
  PlainMatchers,
  StorageChange,
} from './ingest-port.ts'
import { IngestRole } from './ingest-role.ts'

export interface IngestServiceDeps {
  readonly clock: AlarmClock
  readonly random: Random
  readonly files: HostFiles
  readonly net: HostNet
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly pid: number
  /** Of this program, as targets see it. */
  readonly version: string
  readonly onReplay?: (progress: ReplayProgress) => void
  /** Starts the thread that writes blocks; without, they are written between appends. */
  readonly startCompactor?: (memory: WebAssembly.Memory) => Compactor
}

/** The ingest role with the opening and closing of its storage; what the ingest thread runs. */
export class IngestService implements IngestControl {
  readonly #deps: IngestServiceDeps
  #role: IngestRole | undefined

  constructor(deps: IngestServiceDeps) {
    this.#deps = deps
  }

  async open({
    tsdb,
    agent,
    offsetSeed,
    toleranceMs,
    tickMs,
  }: IngestOptions): Promise<OpenedStorage> {
    if (this.#role) throw new Error('storage is open already')
    const { clock, env, version } = this.#deps
    const db = agent ? openAgentStorage(agent, this.#deps) : openTsdb(tsdb, this.#deps)
    this.#role = new IngestRole({
      ...this.#deps,
      db,
      offsetSeed,
      toleranceMs,
      tickMs,
      createClient: (config, onDial) =>
        createHttpClient(config, { clock, env, onDial, userAgent: `Prometheus/${version}` }),
    })
    return { memory: db.memory, dir: db.dir }
  }

  configureStorage(change: StorageChange): Promise<void> {
    return this.#open().configureStorage(change)
  }

  deleteSeries(matcherSets: readonly PlainMatchers[], mint: number, maxt: number) {
    return this.#open().deleteSeries(matcherSets, mint, maxt)
  }

  exemplars(matcherSets: readonly PlainMatchers[], mint: number, maxt: number) {
    return this.#open().exemplars(matcherSets, mint, maxt)
  }

  otlp(body: OtlpBody, settings: OtlpSettings) {
    return this.#open().otlp(body, settings)
  }

  noteSent(timeMs: number) {
    return this.#open().noteSent(timeMs)
  }

  cleanTombstones() {
    return this.#open().cleanTombstones()
  }

  snapshot(skipHead: boolean) {
    return this.#open().snapshot(skipHead)
  }

  append(rows: AppendRows) {
    return this.#open().append(rows)
  }

  remoteWrite(body: Uint8Array, version: 1 | 2) {
    return this.#open().remoteWrite(body, version)
  }

  targets() {
    return this.#open().targets()
  }

  metadata() {
    return this.#open().metadata()
  }

  metrics() {
    return this.#open().metrics()
  }

  headStats() {
    return this.#open().headStats()
  }

  syncPools(plans: readonly PoolPlan[], removed: readonly string[]) {
    return this.#open().syncPools(plans, removed)
  }

  async close(): Promise<void> {
    await this.#role?.close()
    this.#role = undefined
  }

  #open(): IngestRole {
    if (!this.#role) throw new Error('storage is not open')
    return this.#role
  }
}
