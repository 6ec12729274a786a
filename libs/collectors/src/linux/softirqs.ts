import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'

const TYPES = new Set('HI TIMER NET_TX NET_RX BLOCK IRQ_POLL TASKLET SCHED HRTIMER RCU'.split(' '))

export const softirqs = defineCollector({
  name: 'softirqs',
  isDefault: false,
  create:
    ({ proc }) =>
    (page) => {
      const samples = page.counter('node_softirqs_functions_total', 'Softirq counts per CPU.', [
        'cpu',
        'type',
      ])
      for (const line of splitLines(proc.text('softirqs')).slice(1)) {
        const [head, ...counts] = words(line)
        const type = (head ?? '').replace(/:$/, '')
        if (!TYPES.has(type)) continue
        counts.forEach((count, cpu) => {
          samples.add(parseUnsigned(count), String(cpu), type)
        })
      }
    },
})
