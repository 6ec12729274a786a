import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseHex, words } from '../kernel-number.ts'

export const lnstat = defineCollector({
  name: 'lnstat',
  isDefault: false,
  create:
    ({ proc }) =>
    (page) => {
      for (const subsystem of proc.list('net/stat')) {
        const [header, ...rows] = splitLines(proc.text(`net/stat/${subsystem}`))
        const names = words(header ?? '')
        for (const [cpu, row] of rows.entries()) {
          for (const [i, value] of words(row).entries()) {
            const name = names[i]
            if (name === undefined) throw new Error(`too many columns in net/stat/${subsystem}`)
            page
              .counter(`node_lnstat_${name}_total`, 'linux network cache stats', [
                'subsystem',
                'cpu',
              ])
              .add(parseHex(value), subsystem, String(cpu))
          }
        }
      }
    },
})
