/**
 * Who is in the cluster: pure state, fed with what was heard. Each news that changes something is told on through
 * `tell`; timers live elsewhere.
 */
import { bytesOf, type Message, numberOf, textOf } from './msgpack.ts'
import { ALIVE, DEAD, encode, SUSPECT, VERSIONS } from './wire.ts'

export type MemberState = 'alive' | 'suspect' | 'dead' | 'left'

const STATES: readonly MemberState[] = ['alive', 'suspect', 'dead', 'left']

export interface Member {
  readonly name: string
  address: Uint8Array
  port: number
  meta: Uint8Array
  versions: Uint8Array
  incarnation: number
  state: MemberState
  /** When the state was reached. */
  sinceMs: number
  /** Who else suspects it; cleared with the suspicion. */
  suspectedBy: Set<string>
}

export interface MembersEvents {
  /** A message for all others; `subject` is the member it is about. */
  tell(message: Uint8Array, subject: string): void
  /** A member came, or came back. */
  joined(member: Member): void
  /** A member left or was found dead. */
  gone(member: Member): void
  /** A member is suspected from now on, or by one more. */
  suspected(member: Member): void
  /** Two members of different addresses use one name. */
  conflict(name: string): void
}

export class Members {
  readonly self: Member
  readonly #members = new Map<string, Member>()
  readonly #events: MembersEvents
  readonly #now: () => number
  isLeaving = false

  constructor(
    self: { readonly name: string; readonly address: Uint8Array; readonly port: number },
    now: () => number,
    events: MembersEvents,
  ) {
    this.#now = now
    this.#events = events
    this.self = {
      ...self,
      meta: new Uint8Array(),
      versions: VERSIONS,
      incarnation: 1,
      state: 'alive',
      sinceMs: now(),
      suspectedBy: new Set(),
    }
    this.#members.set(self.name, this.self)
  }

  get(name: string): Member | undefined {
    return this.#members.get(name)
  }

  all(): Member[] {
    return [...this.#members.values()]
  }

  /** Those that are alive or only suspected, this one included. */
  present(): Member[] {
    return this.all().filter(({ state }) => state === 'alive' || state === 'suspect')
  }

  alive(message: Message): void {
    const name = textOf(message.Node)
    const incarnation = numberOf(message.Incarnation)
    const address = bytesOf(message.Addr)
    const port = numberOf(message.Port)
    if (name === '') return
    if (name === this.self.name) {
      this.#aboutSelf(incarnation, address, port)
      return
    }
    let member = this.#members.get(name)
    if (!member) {
      member = {
        name,
        address,
        port,
        meta: bytesOf(message.Meta),
        versions: bytesOf(message.Vsn),
        incarnation: -1,
        state: 'dead',
        sinceMs: this.#now(),
        suspectedBy: new Set(),
      }
      this.#members.set(name, member)
    } else if (!isSameBytes(member.address, address) || member.port !== port) {
      const isFree = member.state === 'left' || member.state === 'dead'
      if (!isFree) {
        this.#events.conflict(name)
        return
      }
    }
    if (incarnation <= member.incarnation) return
    const wasGone = member.state === 'dead' || member.state === 'left'
    member.incarnation = incarnation
    member.address = address.slice()
    member.port = port
    member.meta = bytesOf(message.Meta).slice()
    member.versions = bytesOf(message.Vsn).slice()
    member.suspectedBy.clear()
    this.#setState(member, 'alive')
    this.#events.tell(this.aliveMessage(member), name)
    if (wasGone) this.#events.joined(member)
  }

  suspect(name: string, incarnation: number, from: string): void {
    const member = this.#members.get(name)
    if (!member || incarnation < member.incarnation) return
    if (member === this.self) {
      this.#refute(incarnation)
      return
    }
    if (member.state === 'suspect') {
      if (member.suspectedBy.has(from)) return
      member.suspectedBy.add(from)
      this.#events.suspected(member)
      this.#events.tell(encode(SUSPECT, { Incarnation: incarnation, Node: name, From: from }), name)
      return
    }
    if (member.state !== 'alive') return
    member.incarnation = incarnation
    member.suspectedBy = new Set([from])
    this.#setState(member, 'suspect')
    this.#events.tell(encode(SUSPECT, { Incarnation: incarnation, Node: name, From: from }), name)
    this.#events.suspected(member)
  }

  dead(name: string, incarnation: number, from: string): void {
    const member = this.#members.get(name)
    if (!member || incarnation < member.incarnation) return
    if (member.state === 'dead' || member.state === 'left') return
    if (member === this.self && !this.isLeaving) {
      this.#refute(incarnation)
      return
    }
    member.incarnation = incarnation
    member.suspectedBy.clear()
    this.#events.tell(encode(DEAD, { Incarnation: incarnation, Node: name, From: from }), name)
    this.#setState(member, name === from ? 'left' : 'dead')
    this.#events.gone(member)
  }

  /** What another knows. Its dead are only suspects here: they can still refute it. */
  merge(nodes: readonly Message[]): void {
    for (const node of nodes) {
      const name = textOf(node.Name)
      const incarnation = numberOf(node.Incarnation)
      const state = STATES[numberOf(node.State)]
      if (state === 'alive') this.alive({ ...node, Node: node.Name ?? null })
      else if (state === 'left') this.dead(name, incarnation, name)
      else if (state === 'dead' || state === 'suspect') {
        this.suspect(name, incarnation, this.self.name)
      }
    }
  }

  /** Everyone as push/pull carries them. */
  encodeAll() {
    return this.all().map((member) => ({
      Addr: member.address,
      Incarnation: Math.max(0, member.incarnation),
      Meta: member.meta,
      Name: member.name,
      Port: member.port,
      State: STATES.indexOf(member.state),
      Vsn: member.versions,
    }))
  }

  aliveMessage(member: Member): Uint8Array {
    return encode(ALIVE, {
      Addr: member.address,
      Incarnation: member.incarnation,
      Meta: member.meta,
      Node: member.name,
      Port: member.port,
      Vsn: member.versions,
    })
  }

  forget(name: string): void {
    this.#members.delete(name)
  }

  #aboutSelf(incarnation: number, address: Uint8Array, port: number): void {
    if (this.isLeaving || incarnation < this.self.incarnation) return
    const isSame = isSameBytes(address, this.self.address) && port === this.self.port
    if (incarnation === this.self.incarnation && isSame) return
    if (!isSame) this.#events.conflict(this.self.name)
    this.#refute(incarnation)
  }

  /** Someone believes otherwise: say it louder that we are here. */
  #refute(incarnation: number): void {
    this.self.incarnation = Math.max(this.self.incarnation, incarnation) + 1
    this.#events.tell(this.aliveMessage(this.self), this.self.name)
  }

  #setState(member: Member, state: MemberState): void {
    if (member.state === state) return
    member.state = state
    member.sinceMs = this.#now()
  }
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
