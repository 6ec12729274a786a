import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'

/** The fields that are exported; the kernel prints more. */
const FIELDS = new Set(
  `Active Active_anon Active_file AnonHugePages AnonPages Bounce Buffers Cached CmaFree CmaTotal CommitLimit
  Committed_AS DirectMap1G DirectMap2M DirectMap4k Dirty HardwareCorrupted Hugepagesize Inactive Inactive_anon
  Inactive_file KernelStack Mapped MemAvailable MemFree MemTotal Mlocked NFS_Unstable PageTables Percpu SReclaimable
  SUnreclaim Shmem ShmemHugePages ShmemPmdMapped Slab SwapCached SwapFree SwapTotal Unevictable VmallocChunk
  VmallocTotal VmallocUsed Writeback WritebackTmp Zswap Zswapped`.split(/\s+/),
)
const COUNTS = new Set(['HugePages_Free', 'HugePages_Rsvd', 'HugePages_Surp', 'HugePages_Total'])

export const meminfo = defineCollector({
  name: 'meminfo',
  isDefault: true,
  create:
    ({ proc }) =>
    (page) => {
      for (const line of splitLines(proc.text('meminfo'))) {
        const at = line.indexOf(':')
        if (at < 0) continue
        const field = line.slice(0, at).replace(/\((.*)\)/, '_$1')
        if (COUNTS.has(field)) {
          const [count] = words(line.slice(at + 1))
          page
            .gauge(`node_memory_${field}`, `Memory information field ${field}.`)
            .add(parseUnsigned(count))
        } else if (FIELDS.has(field)) {
          const [kilobytes] = words(line.slice(at + 1))
          page
            .gauge(`node_memory_${field}_bytes`, `Memory information field ${field}_bytes.`)
            .add(parseUnsigned(kilobytes) * 1024)
        }
      }
    },
})
