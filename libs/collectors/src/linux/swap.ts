import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseSigned, parseUnsigned, words } from '../kernel-number.ts'

const KIBIBYTE = 1024

export const swap = defineCollector({
  name: 'swap',
  isDefault: false,
  create:
    ({ proc }) =>
    (page) => {
      const size = page.gauge('node_swap_size_bytes', 'Swap device size in bytes.', LABELS)
      const used = page.gauge('node_swap_used_bytes', 'Swap device used in bytes.', LABELS)
      const priority = page.gauge('node_swap_priority', 'Swap device priority.', LABELS)
      for (const line of splitLines(proc.text('swaps')).slice(1)) {
        const fields = words(line)
        if (fields.length < 5) throw new Error(`swapDetail: too few fields: ${line}`)
        const [device, type] = fields as [string, string]
        size.add(parseUnsigned(fields[2]) * KIBIBYTE, device, type)
        used.add(parseUnsigned(fields[3]) * KIBIBYTE, device, type)
        priority.add(parseSigned(fields[4]), device, type)
      }
    },
})

const LABELS = ['device', 'swap_type']
