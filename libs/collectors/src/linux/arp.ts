import { defineCollector } from '../collector.ts'
import { chooseFilter } from '../filter-flags.ts'
import { splitLines } from '../kernel-files.ts'
import { words } from '../kernel-number.ts'

export const arp = defineCollector({
  name: 'arp',
  isDefault: true,
  flags: [
    {
      name: 'collector.arp.device-include',
      kind: 'string',
      help: 'Regexp of arp devices to include (mutually exclusive to device-exclude).',
    },
    {
      name: 'collector.arp.device-exclude',
      kind: 'string',
      help: 'Regexp of arp devices to exclude (mutually exclusive to device-include).',
    },
    {
      name: 'collector.arp.netlink',
      kind: 'boolean',
      fallback: 'true',
      help: 'Use netlink to gather stats instead of /proc/net/arp.',
    },
  ],
  create: (deps) => {
    const devices = chooseFilter(deps, {
      exclude: 'collector.arp.device-exclude',
      include: 'collector.arp.device-include',
      isBothAllowed: true,
    })
    // The kernel leaves entries that need no ARP out of this table, just as its netlink answer is filtered.
    const proc = deps.flags.boolean('collector.arp.netlink') ? deps.own.proc : deps.proc
    return (page) => {
      const counts = new Map<string, number>()
      for (const line of splitLines(proc.text('net/arp')).slice(1)) {
        const fields = words(line)
        if (fields.length < 6)
          throw new Error(`unexpected number of fields in net/arp: ${fields.length}`)
        const device = fields[5] as string
        counts.set(device, (counts.get(device) ?? 0) + 1)
      }
      const entries = page.gauge('node_arp_entries', 'ARP entries by device', ['device'])
      for (const [device, count] of counts) if (!devices.ignores(device)) entries.add(count, device)
    }
  },
})
