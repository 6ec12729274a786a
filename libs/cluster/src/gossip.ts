/** The memberlist protocol over a transport: probing, gossip, exchange of whole states. */
import type { Registry } from '@prom/metrics'
import type { Clock, HostNet, Logger, Random } from '@prom/runtime'
import { addressBytes, joinHostPort, printAddress } from './address.ts'
import { BroadcastQueue, transmitLimit } from './broadcast-queue.ts'
import { type Member, Members } from './members.ts'
import {
  bytesOf,
  type Message,
  NeedMoreError,
  numberOf,
  PackError,
  pack,
  textOf,
  Unpacker,
} from './msgpack.ts'
import { pick } from './pick.ts'
import { type RemoteState, readState } from './remote-state.ts'
import { type TlsSides, TlsTransport } from './tls-transport.ts'
import { PlainTransport, type Transport, type TransportHandlers } from './transport.ts'
import * as wire from './wire.ts'

const PACKET_BYTES_MAX = 1400
const RETRANSMIT_MULTIPLIER = 4
const SUSPICION_MULTIPLIER = 4
const SUSPICION_MAX_FACTOR = 6
const INDIRECT_CHECKS = 3
/** The dead are told the news for this long, in case they only seem dead. */
const GOSSIP_TO_DEAD_MS = 30_000
const COMPOUND_OVERHEAD = 2

export interface GossipOptions {
  readonly name: string
  readonly bindHost: string
  readonly bindPort: number
  readonly advertiseHost: string
  /** 0: the port that was bound. */
  readonly advertisePort: number
  readonly label: string
  readonly gossipIntervalMs: number
  readonly pushPullIntervalMs: number
  readonly probeIntervalMs: number
  readonly probeTimeoutMs: number
  readonly tcpTimeoutMs: number
}

/** What the gossip carries for its user. */
export interface GossipUser {
  /** A message of another member. */
  receive(message: Uint8Array): void
  /** Everything, for another member's `merge`. */
  state(): Uint8Array
  merge(state: Uint8Array): void
  alive(name: string): void
  joined(member: Member): void
  left(member: Member): void
  conflict(name: string): void
  pinged(member: Member, milliseconds: number): void
}

export interface GossipDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly net: HostNet
  readonly user: GossipUser
  readonly tls?: TlsSides | undefined
  readonly metrics: Registry
}

export class Gossip {
  readonly #options: GossipOptions
  readonly #deps: GossipDeps
  readonly #transport: Transport
  readonly #news = new BroadcastQueue()
  readonly #userNews = new BroadcastQueue()
  readonly #waiting = new Map<number, () => void>()
  readonly #suspicions = new Map<string, AbortController>()
  #members: Members | undefined
  #sequence = 0
  #probeOrder: string[] = []

  constructor(options: GossipOptions, deps: GossipDeps) {
    this.#options = options
    this.#deps = deps
    const { bindHost: host, bindPort: port, label, tcpTimeoutMs } = options
    const place = { host, port, label, tcpTimeoutMs }
    const handlers: TransportHandlers = {
      packet: (packet, from) => this.#onPacket(packet, from),
      stream: (message) => this.#onStream(message),
      fault: (what, err) => deps.log.debug('Gossip fault', { what, err }),
    }
    this.#transport = deps.tls
      ? new TlsTransport(place, { ...deps, tls: deps.tls }, handlers)
      : new PlainTransport(place, deps, handlers)
  }

  get members(): Members {
    if (!this.#members) throw new Error('gossip is not open')
    return this.#members
  }

  get port(): number {
    return this.#transport.port
  }

  get queued(): number {
    return this.#userNews.length
  }

  /** Binds; from then on others can reach us. */
  async open(): Promise<void> {
    await this.#transport.open()
    const { name, advertiseHost, advertisePort } = this.#options
    const { clock, user } = this.#deps
    user.alive(name)
    const self = {
      name,
      address: addressBytes(advertiseHost),
      port: advertisePort === 0 ? this.#transport.port : advertisePort,
    }
    this.#members = new Members(self, () => clock.now(), {
      tell: (message, subject) => this.#news.push(message, subject),
      joined: (member) => {
        this.#calm(member.name)
        user.joined(member)
      },
      gone: (member) => {
        this.#calm(member.name)
        if (member !== this.#members?.self) user.left(member)
      },
      suspected: (member) => this.#watch(member),
      conflict: (conflicting) => user.conflict(conflicting),
    })
  }

  /** Runs until `signal` aborts; then says goodbye. */
  async run(signal: AbortSignal): Promise<void> {
    const { gossipIntervalMs, probeIntervalMs, pushPullIntervalMs } = this.#options
    await Promise.all([
      this.#every(gossipIntervalMs, () => this.#gossip(), signal),
      this.#every(probeIntervalMs, () => this.#probe(signal), signal),
      this.#every(pushPullIntervalMs, () => this.#pushPull(), signal),
    ])
    await this.#leave()
    for (const name of [...this.#suspicions.keys()]) this.#calm(name)
    await this.#transport.close()
  }

  /** Exchanges everything with the member at this address. Rejects when it cannot be reached. */
  async join(host: string, port: number): Promise<void> {
    await this.#exchangeState(host, port, true)
  }

  /** Tells everyone in time; `isLarge` ones go to each directly. */
  broadcast(message: Uint8Array): void {
    this.#userNews.push(wire.join([Uint8Array.of(wire.USER), message]))
  }

  /** Sends to one member over a stream: for what is too large for packets. */
  async sendReliably(member: Member, message: Uint8Array): Promise<void> {
    const head = wire.encode(wire.USER, { UserMsgLen: message.length })
    const target = { host: printAddress(member.address), port: member.port }
    await this.#transport.exchange(wire.join([head, message]), target)
  }

  pruneBroadcasts(countMax: number): number {
    return this.#userNews.prune(countMax)
  }

  others(): Member[] {
    return this.members.present().filter((member) => member !== this.members.self)
  }

  #onPacket(packet: Uint8Array, from: { readonly host: string; readonly port: number }): void {
    if (!this.#members) return
    try {
      for (const { type, body } of wire.partsOf(packet)) this.#onMessage(type, body, from)
    } catch (err) {
      this.#deps.log.debug('Gossip packet refused', {
        from: joinHostPort(from.host, from.port),
        err,
      })
    }
  }

  #onMessage(
    type: number,
    body: Uint8Array,
    from: { readonly host: string; readonly port: number },
  ): void {
    if (type === wire.USER) {
      this.#deps.user.receive(body)
      return
    }
    const message = new Unpacker(body).message()
    const node = textOf(message.Node)
    const incarnation = numberOf(message.Incarnation)
    switch (type) {
      case wire.PING:
        if (node !== '' && node !== this.#options.name) return
        this.#transport.send(
          wire.encode(wire.ACK, { Payload: null, SeqNo: numberOf(message.SeqNo) }),
          from.host,
          from.port,
        )
        return
      case wire.INDIRECT_PING:
        this.#pingFor(message, from)
        return
      case wire.ACK:
        this.#waiting.get(numberOf(message.SeqNo))?.()
        return
      case wire.ALIVE:
        this.#deps.user.alive(node)
        this.members.alive(message)
        return
      case wire.SUSPECT:
        this.members.suspect(node, incarnation, textOf(message.From))
        return
      case wire.DEAD:
        this.members.dead(node, incarnation, textOf(message.From))
        return
      default:
    }
  }

  /** Throws NeedMoreError until the message is whole. */
  #onStream(message: Uint8Array): Uint8Array | undefined {
    if (!this.#members) return undefined
    const reader = new Unpacker(message, 1)
    switch (message[0]) {
      case wire.PUSH_PULL: {
        const state = readState(reader)
        const own = this.#ownState(false)
        this.#mergeState(state)
        return own
      }
      case wire.USER: {
        const size = numberOf(reader.message().UserMsgLen)
        if (size > wire.STREAM_BYTES_MAX) throw new PackError('message is too large')
        this.#deps.user.receive(reader.take(size))
        return undefined
      }
      case wire.PING: {
        const ping = reader.message()
        const node = textOf(ping.Node)
        if (node !== '' && node !== this.#options.name) return undefined
        return wire.encode(wire.ACK, { Payload: null, SeqNo: numberOf(ping.SeqNo) })
      }
      default:
        throw new PackError(`unexpected message type ${message[0]}`)
    }
  }

  #gossip(): void {
    const { clock, random } = this.#deps
    const nowMs = clock.now()
    const targets = this.members
      .all()
      .filter(
        ({ state, sinceMs, name }) =>
          name !== this.#options.name &&
          (state === 'alive' || state === 'suspect' || nowMs - sinceMs < GOSSIP_TO_DEAD_MS),
      )
    const count = this.members.present().length
    const fanout = Math.max(Math.floor(count / 2), 3)
    for (const target of pick(targets, fanout, random)) {
      const messages = this.#takeNews(count)
      if (messages.length === 0) return
      this.#transport.send(wire.compound(messages), printAddress(target.address), target.port)
    }
  }

  #takeNews(count: number): Uint8Array[] {
    const budget = PACKET_BYTES_MAX - 2
    const news = this.#news.take(
      budget,
      COMPOUND_OVERHEAD,
      transmitLimit(RETRANSMIT_MULTIPLIER, count),
    )
    const used = news.reduce((sum, message) => sum + message.length + COMPOUND_OVERHEAD, 0)
    const multiplier = Math.max(Math.floor(count / 2), 3)
    return [
      ...news,
      ...this.#userNews.take(budget - used, COMPOUND_OVERHEAD, transmitLimit(multiplier, count)),
    ]
  }

  /** Asks one member whether it is there; then others to ask it; then suspects it. */
  async #probe(signal: AbortSignal): Promise<void> {
    const target = this.#nextProbe()
    if (!target) return
    const { clock, random, user } = this.#deps
    const { probeIntervalMs, probeTimeoutMs } = this.#options
    const startedMs = clock.monotonic()
    const sequence = ++this.#sequence
    const heard = this.#hear(sequence, probeIntervalMs, signal)
    this.#ping(target, sequence)
    if (await within(heard, clock.sleep(probeTimeoutMs, signal))) {
      user.pinged(target, clock.monotonic() - startedMs)
      return
    }
    const helpers = this.others().filter(
      ({ name, state }) => name !== target.name && state === 'alive',
    )
    for (const helper of pick(helpers, INDIRECT_CHECKS, random)) {
      const request = wire.encode(wire.INDIRECT_PING, {
        Nack: false,
        Node: target.name,
        Port: target.port,
        SeqNo: sequence,
        SourceAddr: this.members.self.address,
        SourceNode: this.#options.name,
        SourcePort: this.members.self.port,
        Target: target.address,
      })
      this.#transport.send(request, printAddress(helper.address), helper.port)
    }
    const streamed = this.#pingByStream(target).catch(() => false)
    if ((await heard) || (await streamed) || signal.aborted) return
    this.members.suspect(target.name, target.incarnation, this.#options.name)
  }

  #ping(target: Member, sequence: number): void {
    const ping = wire.encode(wire.PING, {
      Node: target.name,
      SeqNo: sequence,
      SourceAddr: this.members.self.address,
      SourceNode: this.#options.name,
      SourcePort: this.members.self.port,
    })
    this.#transport.send(ping, printAddress(target.address), target.port)
  }

  async #pingByStream(target: Member): Promise<boolean> {
    const ping = wire.encode(wire.PING, { Node: target.name, SeqNo: ++this.#sequence })
    const place = { host: printAddress(target.address), port: target.port }
    const answer = await this.#transport.exchange(ping, place, (bytes) => bytes[0] !== undefined)
    return answer[0] === wire.ACK
  }

  /** Another could not reach a member and asks us to try. */
  #pingFor(request: Message, from: { readonly host: string; readonly port: number }): void {
    const sequence = ++this.#sequence
    const { clock } = this.#deps
    const done = new AbortController()
    this.#waiting.set(sequence, () => {
      done.abort()
      const ack = wire.encode(wire.ACK, { Payload: null, SeqNo: numberOf(request.SeqNo) })
      this.#transport.send(ack, from.host, from.port)
    })
    void clock
      .sleep(this.#options.probeTimeoutMs, done.signal)
      .then(() => this.#waiting.delete(sequence))
    const ping = wire.encode(wire.PING, {
      Node: textOf(request.Node),
      SeqNo: sequence,
      SourceAddr: this.members.self.address,
      SourceNode: this.#options.name,
      SourcePort: this.members.self.port,
    })
    this.#transport.send(ping, printAddress(bytesOf(request.Target)), numberOf(request.Port))
  }

  /** True as soon as the acknowledgement comes, false when the time is over. */
  #hear(sequence: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    let isHeard = false
    const done = new AbortController()
    const stop = () => done.abort()
    signal.addEventListener('abort', stop, { once: true })
    this.#waiting.set(sequence, () => {
      isHeard = true
      done.abort()
    })
    return this.#deps.clock.sleep(timeoutMs, done.signal).then(() => {
      signal.removeEventListener('abort', stop)
      this.#waiting.delete(sequence)
      return isHeard
    })
  }

  /** Everyone in turn, in an order that changes each round. */
  #nextProbe(): Member | undefined {
    for (let tries = 0; tries < 2; tries++) {
      while (this.#probeOrder.length > 0) {
        const member = this.members.get(this.#probeOrder.pop() as string)
        const isThere = member && (member.state === 'alive' || member.state === 'suspect')
        if (isThere && member !== this.members.self) return member
      }
      const names = this.others().map(({ name }) => name)
      this.#probeOrder = pick(names, names.length, this.#deps.random)
    }
    return undefined
  }

  /** A suspect that nobody clears in time is dead; the more suspect it, the sooner. */
  #watch(member: Member): void {
    this.#calm(member.name)
    const { clock } = this.#deps
    const count = this.members.present().length
    const scale = Math.max(1, Math.log10(Math.max(1, count)))
    const leastMs = SUSPICION_MULTIPLIER * scale * this.#options.probeIntervalMs
    const wanted = count - 2 < SUSPICION_MULTIPLIER - 2 ? 0 : SUSPICION_MULTIPLIER - 2
    const confirmed = member.suspectedBy.size - 1
    const share = wanted === 0 ? 1 : Math.log(confirmed + 1) / Math.log(wanted + 1)
    const mostMs = leastMs * SUSPICION_MAX_FACTOR
    const timeoutMs = Math.max(leastMs, mostMs - Math.min(1, share) * (mostMs - leastMs))
    const timer = new AbortController()
    this.#suspicions.set(member.name, timer)
    void clock.sleepUntil(member.sinceMs + timeoutMs, timer.signal).then(() => {
      if (timer.signal.aborted || member.state !== 'suspect') return
      this.members.dead(member.name, member.incarnation, this.#options.name)
    })
  }

  #calm(name: string): void {
    this.#suspicions.get(name)?.abort()
    this.#suspicions.delete(name)
  }

  async #pushPull(): Promise<void> {
    const [target] = pick(
      this.others().filter(({ state }) => state === 'alive'),
      1,
      this.#deps.random,
    )
    if (!target) return
    try {
      await this.#exchangeState(printAddress(target.address), target.port, false)
    } catch (err) {
      this.#deps.log.debug('Push/pull failed', { peer: target.name, err })
    }
  }

  async #exchangeState(host: string, port: number, isJoin: boolean): Promise<void> {
    const isWhole = (bytes: Uint8Array): boolean => {
      if (bytes[0] === wire.ERROR) return true
      try {
        readState(new Unpacker(bytes, 1))
        return true
      } catch (err) {
        if (err instanceof NeedMoreError) return false
        throw err
      }
    }
    const answer = await this.#transport.exchange(this.#ownState(isJoin), { host, port }, isWhole)
    if (answer[0] === wire.ERROR) {
      throw new Error(`remote error: ${textOf(new Unpacker(answer, 1).message().Error)}`)
    }
    if (answer[0] !== wire.PUSH_PULL) throw new PackError(`unexpected answer ${answer[0]}`)
    this.#mergeState(readState(new Unpacker(answer, 1)))
  }

  #ownState(isJoin: boolean): Uint8Array {
    const nodes = this.members.encodeAll()
    const state = this.#deps.user.state()
    const head = { Join: isJoin, Nodes: nodes.length, UserStateLen: state.length }
    return wire.join([wire.encode(wire.PUSH_PULL, head), ...nodes.map(pack), state])
  }

  #mergeState({ nodes, state }: RemoteState): void {
    this.members.merge(nodes)
    if (state.length > 0) this.#deps.user.merge(state)
  }

  /** The goodbye needs a few rounds to reach the others. */
  async #leave(): Promise<void> {
    const { self } = this.members
    this.members.isLeaving = true
    this.members.dead(self.name, self.incarnation, self.name)
    for (let round = 0; round < 3 && this.others().length > 0; round++) {
      this.#gossip()
      await this.#deps.clock.sleep(Math.min(200, this.#options.gossipIntervalMs))
    }
  }

  async #every(
    intervalMs: number,
    work: () => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal)
      if (signal.aborted) return
      try {
        await work()
      } catch (err) {
        log.warn('Gossip round failed', { err })
      }
    }
  }
}

async function within(heard: Promise<boolean>, timeout: Promise<void>): Promise<boolean> {
  return Promise.race([heard, timeout.then(() => false)])
}
