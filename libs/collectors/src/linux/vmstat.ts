import { defineCollector } from '../collector.ts'
import { searchPattern } from '../filter-flags.ts'
import { splitLines } from '../kernel-files.ts'
import { parseFloat64, words } from '../kernel-number.ts'

export const vmstat = defineCollector({
  name: 'vmstat',
  isDefault: true,
  flags: [
    {
      name: 'collector.vmstat.fields',
      kind: 'string',
      fallback: '^(oom_kill|pgpg|pswp|pg.*fault).*',
      help: 'Regexp of fields to return for vmstat collector.',
    },
  ],
  create: ({ proc, flags }) => {
    const fields = searchPattern(flags, 'collector.vmstat.fields')
    const verdicts = new Map<string, boolean>()
    const isWanted = (name: string) => {
      let verdict = verdicts.get(name)
      if (verdict === undefined) {
        verdict = fields.matches(name)
        if (verdicts.size < NAMES_MAX) verdicts.set(name, verdict)
      }
      return verdict
    }
    return (page) => {
      for (const line of splitLines(proc.text('vmstat'))) {
        const at = line.indexOf(' ')
        const name = at < 0 ? line : line.slice(0, at)
        if (!isWanted(name)) continue
        page
          .untyped(`node_vmstat_${name}`, `/proc/vmstat information field ${name}.`)
          .add(parseFloat64(words(line)[1]))
      }
    }
  },
})

const NAMES_MAX = 1000
