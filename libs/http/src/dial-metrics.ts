import type { Socket } from 'node:net'
import { CounterVec, type Registry } from '@prom/metrics'

const REASONS = ['refused', 'resolution', 'timeout', 'unknown'] as const

/** Told of each connection as it is begun. */
export type DialObserver = (socket: Socket) => void

/** `net_conntrack_dialer_*`: the connections clients make, by the name of who makes them (a job, `alertmanager`). */
export class DialMetrics {
  readonly #attempted = counter(
    'net_conntrack_dialer_conn_attempted_total',
    'Total number of connections attempted by the given dialer a given name.',
  )
  readonly #established = counter(
    'net_conntrack_dialer_conn_established_total',
    'Total number of connections successfully established by the given dialer a given name.',
  )
  readonly #closed = counter(
    'net_conntrack_dialer_conn_closed_total',
    'Total number of connections closed which originated from the dialer of a given name.',
  )
  readonly #failed = new CounterVec({
    name: 'net_conntrack_dialer_conn_failed_total',
    help: 'Total number of connections failed to dial by the dialer a given name.',
    labelNames: ['dialer_name', 'reason'],
  })

  constructor(registry: Registry) {
    for (const vec of [this.#attempted, this.#established, this.#closed, this.#failed]) {
      registry.register(vec)
    }
  }

  /** For the sockets of one dialer. */
  of(name: string): DialObserver {
    const attempted = this.#attempted.of(name)
    const established = this.#established.of(name)
    const closed = this.#closed.of(name)
    for (const reason of REASONS) this.#failed.of(name, reason)
    return (socket) => {
      attempted.inc()
      let isOpen = false
      socket.once('connect', () => {
        isOpen = true
        established.inc()
      })
      socket.once('error', (err) => {
        if (isOpen) return
        // Compat: every failure is also one of unknown reason.
        const reason = reasonOf(err)
        if (reason !== 'unknown') this.#failed.of(name, reason).inc()
        this.#failed.of(name, 'unknown').inc()
      })
      socket.once('close', () => {
        if (isOpen) closed.inc()
      })
    }
  }

  remove(name: string): void {
    for (const vec of [this.#attempted, this.#established, this.#closed]) vec.remove(name)
    for (const reason of REASONS) this.#failed.remove(name, reason)
  }
}

function counter(name: string, help: string): CounterVec {
  return new CounterVec({ name, help, labelNames: ['dialer_name'] })
}

function reasonOf({ code }: NodeJS.ErrnoException): (typeof REASONS)[number] {
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'resolution'
  return code === 'ETIMEDOUT' ? 'timeout' : 'unknown'
}
