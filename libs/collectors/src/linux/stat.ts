import { defineCollector, NoDataError } from '../collector.ts'
import { parseUnsigned } from '../kernel-number.ts'
import { readStat } from './proc-stat.ts'

const VECTORS = [
  'hi',
  'timer',
  'net_tx',
  'net_rx',
  'block',
  'block_iopoll',
  'tasklet',
  'sched',
  'hrtimer',
  'rcu',
] as const

export const stat = defineCollector({
  name: 'stat',
  isDefault: true,
  flags: [
    {
      name: 'collector.stat.softirq',
      kind: 'boolean',
      fallback: 'false',
      help: 'Export softirq calls per vector',
    },
  ],
  create: ({ proc, flags }) => {
    const hasSoftirqs = flags.boolean('collector.stat.softirq')
    return (page) => {
      const { rows } = readStat(proc)
      const first = (name: string) => parseUnsigned(rows.get(name)?.[0] ?? '0')
      page.counter('node_intr_total', 'Total number of interrupts serviced.').add(first('intr'))
      page
        .counter('node_context_switches_total', 'Total number of context switches.')
        .add(first('ctxt'))
      page.counter('node_forks_total', 'Total number of forks.').add(first('processes'))
      page.gauge('node_boot_time_seconds', 'Node boot time, in unixtime.').add(first('btime'))
      page
        .gauge('node_procs_running', 'Number of processes in runnable state.')
        .add(first('procs_running'))
      page
        .gauge('node_procs_blocked', 'Number of processes blocked waiting for I/O to complete.')
        .add(first('procs_blocked'))
      if (!hasSoftirqs) return
      const softirqs = rows.get('softirq')
      if (!softirqs) throw new NoDataError('no softirq line')
      const samples = page.counter('node_softirqs_total', 'Number of softirq calls.', ['vector'])
      VECTORS.forEach((vector, i) => {
        samples.add(parseUnsigned(softirqs[i + 1]), vector)
      })
    }
  },
})
