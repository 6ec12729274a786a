import type { HttpClient } from '@prom/http'
import type { Clock, Logger } from '@prom/runtime'
import { encodeAlert, type NotifierAlert } from './alert-json.ts'
import { type AlertmanagerTargets, alertmanagerAddresses } from './alertmanager-address.ts'
import type { AlertmanagerConfig } from './alertmanager-config.ts'
import type { NotifierMetrics } from './notifier-metrics.ts'
import { relabelAlerts } from './relabel-alerts.ts'
import { SendLoop } from './send-loop.ts'

export interface SetDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: NotifierMetrics
  readonly client: HttpClient
}

export interface SetOptions {
  readonly queueCapacity: number
  readonly batchSize: number
  readonly isDraining: boolean
}

interface RunningLoop {
  readonly loop: SendLoop
  readonly stop: AbortController
  readonly cut: AbortController
  readonly done: Promise<void>
}

/** The Alertmanagers of one entry of the configuration: found by discovery, each with its own queue. */
export class AlertmanagerSet {
  readonly #config: AlertmanagerConfig
  readonly #options: SetOptions
  readonly #deps: SetDeps
  readonly #loops = new Map<string, RunningLoop>()
  readonly #ending = new Set<Promise<void>>()
  #dropped: readonly string[] = []

  constructor(config: AlertmanagerConfig, options: SetOptions, deps: SetDeps) {
    this.#config = config
    this.#options = options
    this.#deps = deps
  }

  activeUrls(): string[] {
    return [...this.#loops.keys()]
  }

  droppedUrls(): readonly string[] {
    return this.#dropped
  }

  /** Makes the Alertmanagers those of `groups`; known ones keep their queue. Throws for an address that is none. */
  setTargets(groups: readonly AlertmanagerTargets[]): void {
    const { active, dropped } = alertmanagerAddresses(groups, this.#config)
    this.#dropped = dropped
    const wanted = new Set(active)
    for (const [url, running] of this.#loops) {
      if (wanted.has(url)) continue
      this.#loops.delete(url)
      this.#end(running)
    }
    for (const url of wanted) if (!this.#loops.has(url)) this.#loops.set(url, this.#start(url))
  }

  #start(url: string): RunningLoop {
    const options = { ...this.#options, url, timeoutMs: this.#config.timeout }
    const loop = new SendLoop(options, this.#deps)
    const stop = new AbortController()
    const cut = new AbortController()
    return { loop, stop, cut, done: loop.run(stop.signal, cut.signal) }
  }

  #end({ loop, stop, cut, done }: RunningLoop): void {
    cut.abort()
    stop.abort()
    const end = done.then(() => {
      if (!this.#loops.has(loop.url)) this.#deps.metrics.remove(loop.url)
      this.#ending.delete(end)
    })
    this.#ending.add(end)
  }

  /** Queues alerts for every Alertmanager of the set. `encoded` stands for them where no rule of the set changes them. */
  send(alerts: readonly NotifierAlert[], encoded: readonly string[]): void {
    if (this.#loops.size === 0) return
    const rules = this.#config.alertRelabelConfigs
    const own = rules.length === 0 ? encoded : relabelAlerts(alerts, rules).map(encodeAlert)
    if (own.length === 0) return
    for (const { loop } of this.#loops.values()) loop.push(own)
  }

  /** The set is no longer configured: queued alerts are dropped. */
  async close(): Promise<void> {
    for (const running of this.#loops.values()) this.#end(running)
    this.#loops.clear()
    await Promise.all(this.#ending)
    await this.#deps.client.close()
  }

  /** The server stops: queues are drained, if so configured. */
  async stop(): Promise<void> {
    for (const { stop } of this.#loops.values()) stop.abort()
    await Promise.all([...this.#loops.values()].map(({ done }) => done))
    await Promise.all(this.#ending)
    await this.#deps.client.close()
  }
}
