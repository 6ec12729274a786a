/** A loopback network for several members in one process, in which members can be cut off from the others. */
import type { HostNet } from '@prom/runtime'

export class MembersNet {
  /** Gossip port to member. */
  readonly #ports = new Map<number, string>()
  readonly #cut = new Set<string>()
  readonly #net: HostNet

  constructor(net: HostNet) {
    this.#net = net
  }

  /** Nothing passes between this member and the others until `join`. */
  cut(member: string): void {
    this.#cut.add(member)
  }

  join(member: string): void {
    this.#cut.delete(member)
  }

  /** What the member with this gossip port is handed as its network. */
  of(member: string, gossipPort: number): HostNet {
    this.#ports.set(gossipPort, member)
    const net = this.#net
    const isCut = (port: number) => {
      const other = this.#ports.get(port)
      if (other === undefined || other === member) return false
      return this.#cut.has(member) || this.#cut.has(other)
    }
    return {
      ...net,
      connect: (options) => {
        const { port } = options as { port?: number }
        const socket = net.connect(options)
        if (port !== undefined && isCut(port)) socket.destroy(new Error('network is unreachable'))
        return socket
      },
      createDatagram: (type) => {
        const socket = (net.createDatagram as NonNullable<HostNet['createDatagram']>)(type)
        const send = socket.send.bind(socket) as (...args: unknown[]) => void
        // Packets into the void are not told from packets that arrive.
        socket.send = ((...args: unknown[]) => {
          const port = args.find((arg) => typeof arg === 'number') as number
          if (!isCut(port)) send(...args)
        }) as typeof socket.send
        return socket
      },
    }
  }
}
