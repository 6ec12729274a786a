import { defineCollector } from '../collector.ts'
import { parseFloat64, words } from '../kernel-number.ts'

export const loadavg = defineCollector({
  name: 'loadavg',
  isDefault: true,
  create:
    ({ proc }) =>
    (page) => {
      const loads = words(proc.text('loadavg'))
      if (loads.length < 3) throw new Error('unexpected content in loadavg')
      page.gauge('node_load1', '1m load average.').add(parseFloat64(loads[0]))
      page.gauge('node_load5', '5m load average.').add(parseFloat64(loads[1]))
      page.gauge('node_load15', '15m load average.').add(parseFloat64(loads[2]))
    },
})
