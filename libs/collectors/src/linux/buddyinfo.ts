import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseFloat64, words } from '../kernel-number.ts'

export const buddyinfo = defineCollector({
  name: 'buddyinfo',
  isDefault: false,
  create:
    ({ proc }) =>
    (page) => {
      const samples = page.gauge(
        'node_buddyinfo_blocks',
        'Count of free blocks according to size.',
        ['node', 'zone', 'size'],
      )
      // `Node 0, zone      DMA      1      0 ...`
      for (const line of splitLines(proc.text('buddyinfo'))) {
        const [, node, , zone, ...sizes] = words(line)
        if (node === undefined || zone === undefined || sizes.length === 0) {
          throw new Error('invalid number of fields when parsing buddyinfo')
        }
        sizes.forEach((count, size) => {
          samples.add(parseFloat64(count), node.replace(/,$/, ''), zone, String(size))
        })
      }
    },
})
