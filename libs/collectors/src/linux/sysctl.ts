import { defineCollector } from '../collector.ts'
import { metricNamePart, parseFloat64, words } from '../kernel-number.ts'

export const sysctl = defineCollector({
  name: 'sysctl',
  isDefault: false,
  flags: [
    {
      name: 'collector.sysctl.include',
      kind: 'strings',
      help: 'Select sysctl metrics to include',
    },
    {
      name: 'collector.sysctl.include-info',
      kind: 'strings',
      help: 'Select sysctl metrics to include as info metrics',
    },
  ],
  create: ({ proc, flags }) => {
    const numeric = flags.strings('collector.sysctl.include').map(parseSelection)
    const infos = flags.strings('collector.sysctl.include-info').map(parseSelection)
    const read = (name: string) => words(proc.text(`sys/${name.replaceAll('.', '/')}`))
    return (page) => {
      for (const { name, keys } of numeric) {
        const values = read(name)
        const metric = `node_sysctl_${metricNamePart(name)}`
        if (keys) {
          if (values.length === 1)
            throw new Error(`keys were specified for single-valued sysctl ${name}`)
          if (values.length !== keys.length) {
            throw new Error(
              `unexpected number of fields (expected ${keys.length}, got ${values.length}) for sysctl ${name}`,
            )
          }
          keys.forEach((key, i) => {
            page
              .untyped(`${metric}_${metricNamePart(key)}`, `sysctl ${name}, field ${i}`)
              .add(parseFloat64(values[i]))
          })
        } else if (values.length === 1) {
          page.untyped(metric, `sysctl ${name}`).add(parseFloat64(values[0]))
        } else {
          const samples = page.untyped(metric, `sysctl ${name}`, ['index'])
          values.forEach((value, i) => {
            samples.add(parseFloat64(value), String(i))
          })
        }
      }
      for (const { name } of infos) {
        const samples = page.gauge('node_sysctl_info', 'sysctl info', ['name', 'value', 'index'])
        read(name).forEach((value, i) => {
          samples.add(1, name, value, String(i))
        })
      }
    }
  },
})

/** `name` or `name:key,key`. */
function parseSelection(text: string): { name: string; keys: readonly string[] | undefined } {
  const at = text.indexOf(':')
  if (at < 0) return { name: text, keys: undefined }
  return { name: text.slice(0, at), keys: text.slice(at + 1).split(',') }
}
