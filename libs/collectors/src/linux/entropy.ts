import { defineCollector } from '../collector.ts'
import { parseUnsigned } from '../kernel-number.ts'

export const entropy = defineCollector({
  name: 'entropy',
  isDefault: true,
  create:
    ({ proc }) =>
    (page) => {
      const read = (name: string) => parseUnsigned(proc.text(`sys/kernel/random/${name}`).trim())
      page
        .gauge('node_entropy_available_bits', 'Bits of available entropy.')
        .add(read('entropy_avail'))
      page.gauge('node_entropy_pool_size_bits', 'Bits of entropy pool.').add(read('poolsize'))
    },
})
