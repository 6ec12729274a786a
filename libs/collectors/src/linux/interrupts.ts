import { defineCollector } from '../collector.ts'
import { chooseFilter } from '../filter-flags.ts'
import { splitLines } from '../kernel-files.ts'
import { parseFloat64, words } from '../kernel-number.ts'

export const interrupts = defineCollector({
  name: 'interrupts',
  isDefault: false,
  flags: [
    {
      name: 'collector.interrupts.name-include',
      kind: 'string',
      help: 'Regexp of interrupts name to include (mutually exclusive to --collector.interrupts.name-exclude).',
    },
    {
      name: 'collector.interrupts.name-exclude',
      kind: 'string',
      help: 'Regexp of interrupts name to exclude (mutually exclusive to --collector.interrupts.name-include).',
    },
    {
      name: 'collector.interrupts.include-zeros',
      kind: 'boolean',
      fallback: 'true',
      help: 'Include interrupts that have a zero value',
    },
  ],
  create: (deps) => {
    const filter = chooseFilter(deps, {
      exclude: 'collector.interrupts.name-exclude',
      include: 'collector.interrupts.name-include',
      isBothAllowed: true,
    })
    const hasZeros = deps.flags.boolean('collector.interrupts.include-zeros')
    return (page) => {
      const samples = page.counter('node_interrupts_total', 'Interrupt details.', LABELS)
      const [header, ...rows] = splitLines(deps.proc.text('interrupts'))
      if (header === undefined) throw new Error('interrupts empty')
      const cpus = words(header).length
      for (const row of rows) {
        const fields = words(row)
        if (fields.length < cpus + 2) continue
        const name = (fields[0] as string).replace(/:$/, '')
        const counts = fields.slice(1, cpus + 1)
        const rest = fields.slice(cpus + 1)
        const isNumbered = /^\d+$/.test(name)
        const info = isNumbered ? (rest[0] as string) : rest.join(' ')
        const devices = isNumbered ? rest.slice(1).join(' ') : ''
        if (filter.ignores(`${name};${info};${devices}`)) continue
        counts.forEach((count, cpu) => {
          const value = parseFloat64(count)
          if (value !== 0 || hasZeros) samples.add(value, String(cpu), name, info, devices)
        })
      }
    }
  },
})

const LABELS = ['cpu', 'type', 'info', 'devices']
