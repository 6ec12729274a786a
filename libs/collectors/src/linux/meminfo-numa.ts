import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseFloat64, words } from '../kernel-number.ts'

const NODES = 'devices/system/node'

export const meminfoNuma = defineCollector({
  name: 'meminfo_numa',
  isDefault: false,
  create:
    ({ sys }) =>
    (page) => {
      for (const folder of sys.listIfThere(NODES) ?? []) {
        const node = /^node(\d+)$/.exec(folder)?.[1]
        if (node === undefined) continue
        for (const line of splitLines(sys.text(`${NODES}/${folder}/meminfo`))) {
          // `Node 0 Active(anon):     691324 kB`; counts of pages have no unit.
          const fields = words(line)
          if (fields.length === 0) continue
          const [, , name, value, unit] = fields
          if (name === undefined) throw new Error(`invalid line in meminfo: ${line}`)
          const key = name.replace(/:$/, '').replace(/\((.*)\)/, '_$1')
          page
            .gauge(`node_memory_numa_${key}`, `Memory information field ${key}.`, NODE)
            .add(parseFloat64(value) * (unit === undefined ? 1 : 1024), node)
        }
        for (const line of splitLines(sys.text(`${NODES}/${folder}/numastat`))) {
          const [name, value] = words(line)
          if (name === undefined) continue
          const key = `${name}_total`
          page
            .counter(`node_memory_numa_${key}`, `Memory information field ${key}.`, NODE)
            .add(parseFloat64(value), node)
        }
      }
    },
})

const NODE = ['node']
