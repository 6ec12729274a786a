import { defineCollector } from '../collector.ts'
import { words } from '../kernel-number.ts'

const FOLDER = 'devices/system/cpu/vulnerabilities'
const STATES = ['not affected', 'vulnerable', 'mitigation', 'unknown']

export const cpuVulnerabilities = defineCollector({
  name: 'cpu_vulnerabilities',
  isDefault: false,
  create:
    ({ sys }) =>
    (page) => {
      const samples = page.gauge(
        'node_cpu_vulnerabilities_info',
        'Details of each CPU vulnerability reported by sysfs. The value of the series is an int encoded state of the vulnerability. The same state is stored as a string in the label',
        ['codename', 'state', 'mitigation'],
      )
      for (const codename of sys.list(FOLDER)) {
        const text = sys.text(`${FOLDER}/${codename}`).trim()
        const state = STATES.find((name) => text.toLowerCase().startsWith(name))
        const rest = state === 'not affected' ? '' : words(text).slice(1).join(' ')
        samples.add(1, codename, state ?? 'unknown', state === undefined ? text : rest)
      }
    },
})
