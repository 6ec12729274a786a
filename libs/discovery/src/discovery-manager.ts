import type { Clock } from '@prom/runtime'
import { Secret } from '@prom/yaml'
import type { Discovery, DiscoveryHost } from './mechanism.ts'
import { mechanisms } from './mechanisms.ts'
import type { SdConfigs } from './sd-configs.ts'
import type { TargetGroup } from './target-group.ts'

/** Who finds targets for whom: the set's name (a job, an alertmanager entry) and its `*_sd_configs`. */
export type DiscoverySets = ReadonlyMap<string, SdConfigs>

/** All targets of each set. */
export type DiscoveredTargets = ReadonlyMap<string, readonly TargetGroup[]>

export interface DiscoveryManagerDeps extends DiscoveryHost {
  /** Of this manager in metrics: `scrape` or `notify`. */
  readonly name: string
  /** Told of the targets at start, when a mechanism first found some, and after changes once per interval. */
  readonly onTargets: (targets: DiscoveredTargets) => void
  /** Default 5 s, the original's. */
  readonly intervalMs?: number
}

const INTERVAL_MS = 5_000
/** What is found for the first time comes in bursts, of all mechanisms at once. */
const SETTLE_MS = 50

interface Provider {
  readonly stop: AbortController
  readonly done: Promise<void>
  groups: readonly TargetGroup[]
  /** False until it has found something or nothing for the first time. */
  isKnown: boolean
}

/**
 * Runs the discovery of several sets and tells who listens what was found, merged. Equal configurations are run
 * once, whoever has them, and go on over reloads.
 */
export class DiscoveryManager {
  readonly #deps: DiscoveryManagerDeps
  readonly #clock: Clock
  readonly #providers = new Map<string, Provider>()
  #sets: DiscoverySets = new Map()
  #isChanged = false
  #wake: (() => void) | undefined
  /** Aborted when a mechanism has found something for the first time: that does not wait for the interval. */
  #first = new AbortController()

  constructor(deps: DiscoveryManagerDeps) {
    this.#deps = deps
    this.#clock = deps.clock
    for (const metric of [deps.metrics.received, deps.metrics.delayed, deps.metrics.sent]) {
      metric.of(deps.name)
    }
    deps.metrics.failedConfigs.of(deps.name).set(0)
  }

  /** Takes a new configuration: starts what is new, stops what nobody wants any more. */
  async apply(sets: DiscoverySets): Promise<void> {
    const wanted = new Map<string, () => Discovery>()
    for (const configs of sets.values()) {
      for (const [key, start] of entriesOf(configs)) {
        wanted.set(key, () => start(this.#deps))
      }
    }
    const ending: Promise<void>[] = []
    for (const [key, provider] of this.#providers) {
      if (wanted.has(key)) continue
      provider.stop.abort()
      ending.push(provider.done)
      this.#providers.delete(key)
    }
    for (const name of this.#sets.keys()) {
      if (!sets.has(name)) this.#deps.metrics.discoveredTargets.remove(this.#deps.name, name)
    }
    this.#sets = sets
    for (const [key, start] of wanted) {
      if (!this.#providers.has(key)) this.#start(key, start())
    }
    this.#change()
    await Promise.all(ending)
  }

  /** What is known now. */
  targets(): DiscoveredTargets {
    return new Map([...this.#sets].map(([name, configs]) => [name, this.#groupsOf(configs)]))
  }

  /** Passes changes on until `signal` aborts, then stops all mechanisms. */
  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    ready()
    const { intervalMs = INTERVAL_MS, metrics, name, onTargets, log } = this.#deps
    while (!signal.aborted) {
      await this.#changed(signal)
      if (signal.aborted) break
      this.#isChanged = false
      this.#first = new AbortController()
      const targets = this.targets()
      for (const [set, groups] of targets) {
        const count = groups.reduce((sum, group) => sum + group.targets.length, 0)
        metrics.discoveredTargets.of(name, set).set(count)
      }
      metrics.sent.of(name).inc()
      try {
        onTargets(targets)
      } catch (err) {
        log.error('Updating targets failed', { err: (err as Error).message })
      }
      await this.#clock.sleep(intervalMs, AbortSignal.any([signal, this.#first.signal]))
      if (this.#first.signal.aborted) await this.#clock.sleep(SETTLE_MS, signal)
    }
    await this.#stop()
  }

  #start(key: string, discovery: Discovery): void {
    const stop = new AbortController()
    const provider: Provider = { stop, done: Promise.resolve(), groups: [], isKnown: false }
    this.#providers.set(key, provider)
    const publish = (groups: readonly TargetGroup[]) => {
      if (stop.signal.aborted) return
      provider.groups = groups
      if (!provider.isKnown) this.#first.abort()
      provider.isKnown = true
      this.#deps.metrics.received.of(this.#deps.name).inc()
      this.#change()
    }
    const done = discovery.run(stop.signal, publish).catch((err: unknown) => {
      this.#deps.log.error('Discovery ended', { err: (err as Error).message })
    })
    Object.assign(provider, { done })
  }

  #groupsOf(configs: SdConfigs): TargetGroup[] {
    const groups = configs.static.map((group, i) => staticGroup(group, i))
    for (const [key] of entriesOf(configs)) {
      groups.push(...(this.#providers.get(key)?.groups ?? []))
    }
    return groups
  }

  #change(): void {
    if (this.#isChanged) this.#deps.metrics.delayed.of(this.#deps.name).inc()
    this.#isChanged = true
    this.#wake?.()
  }

  async #changed(signal: AbortSignal): Promise<void> {
    while (!this.#isChanged && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  async #stop(): Promise<void> {
    const providers = [...this.#providers.values()]
    this.#providers.clear()
    for (const { stop } of providers) stop.abort()
    await Promise.all(providers.map(({ done }) => done))
  }
}

function staticGroup(group: SdConfigs['static'][number], index: number): TargetGroup {
  return {
    source: String(index),
    targets: group.targets.map((address) => ({ __address__: address })),
    labels: Object.fromEntries(group.labels),
  }
}

/** Each entry of each mechanism with a key that is equal for equal configurations. */
function entriesOf(configs: SdConfigs): [string, (host: DiscoveryHost) => Discovery][] {
  const all: [string, (host: DiscoveryHost) => Discovery][] = []
  const add = <K extends keyof typeof mechanisms>(kind: K) => {
    const mechanism = mechanisms[kind] as {
      start(config: unknown, host: DiscoveryHost): Discovery
    }
    for (const config of configs[kind] as readonly unknown[]) {
      const start = (host: DiscoveryHost) => {
        const dialer = kind === 'http' ? kind : `${kind}_sd`
        const createClient: DiscoveryHost['createClient'] = (own) => host.createClient(own, dialer)
        return mechanism.start(config, { ...host, createClient })
      }
      all.push([`${kind} ${printConfig(config)}`, start])
    }
  }
  for (const kind of Object.keys(mechanisms) as (keyof typeof mechanisms)[]) add(kind)
  return all
}

/** JSON with secrets in it: a changed secret is another configuration. */
function printConfig(config: unknown): string {
  return JSON.stringify(config, function (this: Record<string, unknown>, key, value) {
    const own = this[key]
    if (own instanceof Secret) return own.reveal()
    return own instanceof Map ? [...own] : value
  })
}
