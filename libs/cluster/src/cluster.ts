/**
 * One Alertmanager among several: joins its peers, settles, knows its place in line, and keeps shared state in
 * step: a broadcast per change, everything at each exchange.
 *
 *   message  Part       1 key  2 data
 *   state    FullState  1 parts
 */
import type { Registry } from '@prom/metrics'
import { MessageReader, MessageWriter } from '@prom/protobuf'
import type { Clock, HostNet, Logger, Part, Random } from '@prom/runtime'
import { joinHostPort, printAddress } from './address.ts'
import { createClusterMetrics } from './cluster-metrics.ts'
import { Gossip, type GossipOptions } from './gossip.ts'
import type { Member } from './members.ts'
import type { TlsSides } from './tls-transport.ts'

/** Larger messages go to everyone over a stream, once. */
export const OVERSIZE_BYTES = 700
const OVERSIZE_QUEUE_MAX = 200
const BROADCASTS_MAX = 4096
const PRUNE_INTERVAL_MS = 15 * 60_000
const REFRESH_INTERVAL_MS = 15_000
const SETTLE_POLLS = 3

/** A set of things that all members agree on. */
export interface SharedState {
  /** Takes in messages of `encodeAll` or of single changes. Throws for broken ones. */
  merge(data: Uint8Array): unknown
  encodeAll(): Uint8Array
  /** Who is to be told of each change. */
  onChange(broadcast: (data: Uint8Array) => void): void
}

export interface ClusterOptions extends GossipOptions {
  /** host:port of those to join. */
  readonly peers: readonly string[]
  readonly settleTimeoutMs: number
  readonly reconnectIntervalMs: number
  readonly reconnectTimeoutMs: number
}

export interface ClusterDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly metrics: Registry
  readonly net: HostNet
  /** Both sides of TLS; without it gossip is in the clear. */
  readonly tls?: TlsSides | undefined
  /** The addresses behind a name. */
  readonly resolve: (host: string) => Promise<readonly string[]>
}

interface FailedPeer {
  readonly member: Member
  readonly sinceMs: number
}

export class Cluster implements Part {
  readonly #options: ClusterOptions
  readonly #deps: ClusterDeps
  readonly #gossip: Gossip
  readonly #states = new Map<string, SharedState>()
  readonly #failed = new Map<string, FailedPeer>()
  readonly #metrics: ReturnType<typeof createClusterMetrics>
  readonly #settled: Promise<void>
  #markSettled: () => void = () => {}
  #isSettled = false
  #isOpen = false
  #oversized = 0

  constructor(options: ClusterOptions, deps: ClusterDeps) {
    this.#options = options
    this.#deps = deps
    this.#metrics = createClusterMetrics(deps.metrics, {
      members: () => (this.#isOpen ? this.#gossip.members.present().length : 0),
      failed: () => this.#failed.size,
      queued: () => this.#gossip.queued,
      position: () => (this.#isOpen ? this.position() : 0),
      name: options.name,
    })
    this.#settled = new Promise((resolve) => {
      this.#markSettled = resolve
    })
    this.#gossip = new Gossip(options, {
      ...deps,
      user: {
        receive: (message) => this.#receive(message),
        state: () => this.#fullState(),
        merge: (state) => this.#mergeFull(state),
        alive: (name) => this.#metrics.alive.of(name).inc(),
        joined: (member) => this.#onJoined(member),
        left: (member) => this.#onLeft(member),
        conflict: (name) => {
          this.#metrics.conflicts.inc()
          deps.log.warn('Found conflicting peer name', { name })
        },
        pinged: (member, milliseconds) =>
          this.#metrics.pings.of(member.name).observe(milliseconds / 1000),
      },
    })
  }

  /** Shares a state under its key; before `open`. */
  share(key: string, state: SharedState): void {
    this.#states.set(key, state)
    const { oversizedSent, oversizedFailed, oversizedDropped, oversizedSeconds } = this.#metrics
    for (const family of [oversizedSent, oversizedFailed, oversizedDropped]) family.of(key)
    oversizedSeconds.of(key)
    state.onChange((data) => this.#broadcast(key, data))
  }

  /** Binds and joins. Rejects when the address cannot be had; unreachable peers are tried again later. */
  async open(): Promise<void> {
    const { log } = this.#deps
    await this.#gossip.open()
    this.#isOpen = true
    const joined = await this.#joinAll(this.#options.peers)
    if (this.#options.peers.length > 0 && joined === 0) {
      log.warn('failed to join cluster', { err: 'no peer could be reached' })
    }
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    ready()
    const { reconnectIntervalMs } = this.#options
    await Promise.all([
      this.#gossip.run(signal),
      this.#settle(signal),
      this.#every(REFRESH_INTERVAL_MS, () => this.#refresh(), signal),
      this.#every(reconnectIntervalMs, () => this.#reconnect(), signal),
      this.#every(
        PRUNE_INTERVAL_MS,
        () => this.#metrics.pruned.inc(this.#gossip.pruneBroadcasts(BROADCASTS_MAX)),
        signal,
      ),
    ])
    this.#markSettled()
  }

  /** The place of this member in the alphabetical list of all: 0 does not wait for anyone. */
  position(): number {
    const names = this.#gossip.members.present().map(({ name }) => name)
    return Math.max(0, names.sort().indexOf(this.#options.name))
  }

  async settled(signal: AbortSignal): Promise<void> {
    if (this.#isSettled || signal.aborted) return
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      void this.#settled.then(resolve)
    })
  }

  /** As the API shows it. */
  status(): { name: string; peers: { address: string; name: string }[]; status: string } {
    const peers = this.#gossip.members.present().map(({ name, address, port }) => ({
      address: joinHostPort(printAddress(address), port),
      name,
    }))
    return {
      name: this.#options.name,
      peers: peers.sort((a, b) => (a.name < b.name ? -1 : 1)),
      status: this.#isSettled ? 'ready' : 'settling',
    }
  }

  /** The port that was bound; for tests, which ask for 0. */
  get port(): number {
    return this.#gossip.port
  }

  /** Settled once the number of members stays the same for a while. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    const intervalMs = this.#options.gossipIntervalMs * 10
    const startedMs = clock.monotonic()
    log.info('Waiting for gossip to settle...', { interval: `${intervalMs / 1000}s` })
    let count = 0
    let equal = 0
    for (let polls = 0; equal < SETTLE_POLLS; polls++) {
      await clock.sleep(intervalMs, signal)
      if (signal.aborted) return
      const elapsedMs = clock.monotonic() - startedMs
      const now = this.#gossip.members.present().length
      if (now === count) equal++
      else equal = 0
      log.debug('gossip looks settled', { polls, before: count, now, elapsed: elapsedMs / 1000 })
      count = now
      if (elapsedMs >= this.#options.settleTimeoutMs) {
        log.info('gossip not settled but continuing anyway', { polls, elapsed: elapsedMs / 1000 })
        break
      }
    }
    this.#isSettled = true
    log.info('gossip settled; proceeding', { elapsed: (clock.monotonic() - startedMs) / 1000 })
    this.#markSettled()
  }

  #broadcast(key: string, data: Uint8Array): void {
    if (!this.#isOpen) return
    const message = new MessageWriter().string(1, key).bytes(2, data).finish()
    this.#metrics.sent.of('update').inc()
    this.#metrics.sentBytes.of('update').inc(message.length)
    if (message.length <= OVERSIZE_BYTES) this.#gossip.broadcast(message)
    else this.#sendOversized(key, message)
  }

  #sendOversized(key: string, message: Uint8Array): void {
    const { clock, log } = this.#deps
    for (const member of this.#gossip.others()) {
      if (this.#oversized >= OVERSIZE_QUEUE_MAX) {
        this.#metrics.oversizedDropped.of(key).inc()
        continue
      }
      this.#oversized++
      this.#metrics.oversizedSent.of(key).inc()
      const startedMs = clock.monotonic()
      this.#gossip
        .sendReliably(member, message)
        .catch((err: unknown) => {
          this.#metrics.oversizedFailed.of(key).inc()
          log.debug('failed to send reliable', { key, node: member.name, err })
        })
        .finally(() => {
          this.#oversized--
          const seconds = (clock.monotonic() - startedMs) / 1000
          this.#metrics.oversizedSeconds.of(key).observe(seconds)
        })
    }
  }

  #receive(message: Uint8Array): void {
    this.#metrics.received.of('update').inc()
    this.#metrics.receivedBytes.of('update').inc(message.length)
    try {
      this.#mergePart(new MessageReader(message))
    } catch (err) {
      this.#deps.log.warn('Received broadcast could not be merged', { err })
    }
  }

  #mergePart(reader: MessageReader): void {
    let key = ''
    let data = new Uint8Array()
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      if (field === 1) key = reader.string()
      else if (field === 2) data = new Uint8Array(reader.bytes())
      else reader.skip()
    }
    this.#states.get(key)?.merge(data)
  }

  #fullState(): Uint8Array {
    const writer = new MessageWriter()
    for (const [key, state] of this.#states) {
      const data = state.encodeAll()
      writer.message(1, (part) => part.string(1, key).bytes(2, data))
    }
    const bytes = writer.finish()
    this.#metrics.sent.of('full_state').inc()
    this.#metrics.sentBytes.of('full_state').inc(bytes.length)
    return bytes
  }

  #mergeFull(bytes: Uint8Array): void {
    this.#metrics.received.of('full_state').inc()
    this.#metrics.receivedBytes.of('full_state').inc(bytes.length)
    try {
      const reader = new MessageReader(bytes)
      for (let field = reader.field(); field !== 0; field = reader.field()) {
        if (field === 1) this.#mergePart(reader.message())
        else reader.skip()
      }
    } catch (err) {
      this.#deps.log.warn('Received state could not be merged', { err })
    }
  }

  #onJoined(member: Member): void {
    this.#failed.delete(member.name)
    this.#metrics.joined.inc()
    this.#deps.log.debug('peer joined', { peer: member.name })
  }

  #onLeft(member: Member): void {
    this.#metrics.left.inc()
    this.#deps.log.debug('peer left', { peer: member.name })
    if (member.state === 'dead') {
      this.#failed.set(member.name, { member, sinceMs: this.#deps.clock.now() })
    }
  }

  /** Tries those that were lost, and forgets them in the end. */
  async #reconnect(): Promise<void> {
    const nowMs = this.#deps.clock.now()
    for (const [name, { member, sinceMs }] of this.#failed) {
      if (nowMs - sinceMs > this.#options.reconnectTimeoutMs) {
        this.#failed.delete(name)
        continue
      }
      try {
        await this.#gossip.join(printAddress(member.address), member.port)
        this.#metrics.reconnections.inc()
        this.#failed.delete(name)
      } catch {
        this.#metrics.reconnectionsFailed.inc()
      }
    }
  }

  /** Names may point elsewhere by now: joins what is missing. */
  async #refresh(): Promise<void> {
    const known = new Set(
      this.#gossip.members
        .present()
        .map(({ address, port }) => joinHostPort(printAddress(address), port)),
    )
    for (const peer of this.#options.peers) {
      for (const { host, port } of await this.#addressesOf(peer)) {
        if (known.has(joinHostPort(host, port))) continue
        try {
          await this.#gossip.join(host, port)
          this.#metrics.refreshed.inc()
        } catch {
          this.#metrics.refreshFailed.inc()
        }
      }
    }
  }

  async #joinAll(peers: readonly string[]): Promise<number> {
    let joined = 0
    for (const peer of peers) {
      for (const { host, port } of await this.#addressesOf(peer)) {
        try {
          await this.#gossip.join(host, port)
          joined++
        } catch (err) {
          this.#deps.log.debug('Joining peer failed', { peer, err })
        }
      }
    }
    return joined
  }

  /** Without this member's own address. */
  async #addressesOf(peer: string): Promise<{ host: string; port: number }[]> {
    const match = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(peer)
    if (!match) return []
    const port = Number(match[3])
    const { self } = this.#gossip.members
    try {
      const hosts = await this.#deps.resolve(match[1] ?? match[2] ?? '')
      return hosts
        .filter((host) => host !== printAddress(self.address) || port !== self.port)
        .map((host) => ({ host, port }))
    } catch (err) {
      this.#deps.log.warn('Resolving peer failed', { peer, err })
      return []
    }
  }

  async #every(
    intervalMs: number,
    work: () => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(intervalMs, signal)
      if (!signal.aborted) await work()
    }
  }
}
