import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseHex, words } from '../kernel-number.ts'

/** By the kernel's number, from 1. */
const STATES = [
  'established',
  'syn_sent',
  'syn_recv',
  'fin_wait1',
  'fin_wait2',
  'time_wait',
  'close',
  'close_wait',
  'last_ack',
  'listen',
  'closing',
]

/** The kernel's tables of sockets have the facts that its netlink answer has. */
export const tcpstat = defineCollector({
  name: 'tcpstat',
  isDefault: false,
  create:
    ({ own }) =>
    (page) => {
      const counts = new Map<string, number>()
      let receive = 0
      let transmit = 0
      const texts = [own.proc.text('net/tcp'), own.proc.textIfThere('net/tcp6') ?? '']
      for (const line of texts.flatMap((text) => splitLines(text).slice(1))) {
        const [, , , state, queues] = words(line)
        const [tx, rx] = (queues ?? '').split(':')
        const name = STATES[parseHex(state) - 1] ?? 'unknown'
        counts.set(name, (counts.get(name) ?? 0) + 1)
        transmit += parseHex(tx)
        receive += parseHex(rx)
      }
      const samples = page.gauge('node_tcp_connection_states', 'Number of connection states.', [
        'state',
      ])
      for (const [state, count] of counts) samples.add(count, state)
      samples.add(receive, 'rx_queued_bytes')
      samples.add(transmit, 'tx_queued_bytes')
    },
})
