import { defineCollector } from '../collector.ts'
import { DeviceFilter } from '../device-filter.ts'
import { splitLines } from '../kernel-files.ts'
import { parseSigned, words } from '../kernel-number.ts'

const COLUMNS = [
  [
    'node_slabinfo_active_objects',
    'The number of objects that are currently active (i.e., in use).',
  ],
  [
    'node_slabinfo_objects',
    'The total number of allocated objects (i.e., objects that are both in use and not in use).',
  ],
  ['node_slabinfo_object_size_bytes', 'The size of objects in this slab, in bytes.'],
  ['node_slabinfo_objects_per_slab', 'The number of objects stored in each slab.'],
  ['node_slabinfo_pages_per_slab', 'The number of pages allocated for each slab.'],
] as const

export const slabinfo = defineCollector({
  name: 'slabinfo',
  isDefault: false,
  flags: [
    {
      name: 'collector.slabinfo.slabs-include',
      kind: 'string',
      fallback: '.*',
      help: 'Regexp of slabs to include in slabinfo collector.',
    },
    {
      name: 'collector.slabinfo.slabs-exclude',
      kind: 'string',
      fallback: '',
      help: 'Regexp of slabs to exclude in slabinfo collector.',
    },
  ],
  create: ({ proc, flags }) => {
    const filter = new DeviceFilter(
      flags.string('collector.slabinfo.slabs-exclude'),
      flags.string('collector.slabinfo.slabs-include'),
    )
    return (page) => {
      // Two lines of header; each slab: name active total size per-slab pages : ...
      for (const line of splitLines(proc.text('slabinfo')).slice(2)) {
        const [name, ...numbers] = words(line)
        if (name === undefined || filter.ignores(name)) continue
        COLUMNS.forEach(([metric, help], i) => {
          page.gauge(metric, help, SLAB).add(parseSigned(numbers[i]), name)
        })
      }
    }
  },
})

const SLAB = ['slab']
