import { defineCollector, NoDataError } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseHex, words } from '../kernel-number.ts'

export const udpQueues = defineCollector({
  name: 'udp_queues',
  isDefault: true,
  create:
    ({ proc, log }) =>
    (page) => {
      const samples = page.gauge(
        'node_udp_queues',
        'Number of allocated memory in the kernel for UDP datagrams in bytes.',
        ['queue', 'ip'],
      )
      let found = 0
      for (const [file, ip] of [
        ['net/udp', 'v4'],
        ['net/udp6', 'v6'],
      ] as const) {
        const text = proc.textIfThere(file)
        if (text === undefined) {
          log.debug(`not collecting ${ip} based metrics`)
          continue
        }
        found++
        let transmit = 0
        let receive = 0
        for (const line of splitLines(text).slice(1)) {
          const [tx, rx] = (words(line)[4] ?? '').split(':')
          transmit += parseHex(tx)
          receive += parseHex(rx)
        }
        samples.add(transmit, 'tx', ip)
        samples.add(receive, 'rx', ip)
      }
      if (found === 0) throw new NoDataError()
    },
})
