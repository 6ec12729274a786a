import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseSigned, words } from '../kernel-number.ts'

export const cgroups = defineCollector({
  name: 'cgroups',
  isDefault: false,
  create:
    ({ proc }) =>
    (page) => {
      // Compat: both families have the same help in the original.
      const help = 'Current cgroup number of the subsystem.'
      const counts = page.gauge('node_cgroups_cgroups', help, ['subsys_name'])
      const enabled = page.gauge('node_cgroups_enabled', help, ['subsys_name'])
      for (const line of splitLines(proc.text('cgroups'))) {
        if (line.startsWith('#')) continue
        const [name, , count, isEnabled] = words(line)
        if (name === undefined) continue
        counts.add(parseSigned(count), name)
        enabled.add(parseSigned(isEnabled), name)
      }
    },
})
