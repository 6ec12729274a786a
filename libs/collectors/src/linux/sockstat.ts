import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'

const FIELDS = new Set(['inuse', 'orphan', 'tw', 'alloc', 'mem', 'memory'])

export const sockstat = defineCollector({
  name: 'sockstat',
  isDefault: true,
  create:
    ({ proc, system, log }) =>
    (page) => {
      for (const file of ['net/sockstat', 'net/sockstat6']) {
        const text = proc.textIfThere(file)
        if (text === undefined) {
          log.debug('statistics not found, skipping', { file })
          continue
        }
        for (const line of splitLines(text)) {
          const [head, ...pairs] = words(line)
          const protocol = (head ?? '').replace(/:$/, '')
          for (let i = 0; i + 1 < pairs.length; i += 2) {
            const field = pairs[i] as string
            const value = parseUnsigned(pairs[i + 1])
            if (protocol === 'sockets' && field === 'used') {
              page.gauge('node_sockstat_sockets_used', 'Number of IPv4 sockets in use.').add(value)
              continue
            }
            if (!FIELDS.has(field)) continue
            const add = (name: string, number: number) =>
              page
                .gauge(
                  `node_sockstat_${protocol}_${name}`,
                  `Number of ${protocol} sockets in state ${name}.`,
                )
                .add(number)
            add(field, value)
            if (field === 'mem') add('mem_bytes', value * system.pageSizeBytes)
          }
        }
      }
    },
})
