import { defineCollector, NoDataError } from '../collector.ts'
import { errorCode, splitLines } from '../kernel-files.ts'
import { parseUnsigned } from '../kernel-number.ts'

/** A row per metric: which file, which of its lines. */
const METRICS = [
  [
    'cpu',
    'some',
    'node_pressure_cpu_waiting_seconds_total',
    'Total time in seconds that processes have waited for CPU time',
  ],
  [
    'io',
    'some',
    'node_pressure_io_waiting_seconds_total',
    'Total time in seconds that processes have waited due to IO congestion',
  ],
  [
    'io',
    'full',
    'node_pressure_io_stalled_seconds_total',
    'Total time in seconds no process could make progress due to IO congestion',
  ],
  [
    'memory',
    'some',
    'node_pressure_memory_waiting_seconds_total',
    'Total time in seconds that processes have waited for memory',
  ],
  [
    'memory',
    'full',
    'node_pressure_memory_stalled_seconds_total',
    'Total time in seconds no process could make progress due to memory congestion',
  ],
  [
    'irq',
    'full',
    'node_pressure_irq_stalled_seconds_total',
    'Total time in seconds no process could make progress due to IRQ congestion',
  ],
] as const

export const pressure = defineCollector({
  name: 'pressure',
  isDefault: true,
  create:
    ({ proc, log }) =>
    (page) => {
      let found = 0
      for (const resource of ['cpu', 'io', 'memory', 'irq'] as const) {
        log.debug('collecting statistics for resource', { resource })
        let text: string | undefined
        try {
          text = proc.textIfThere(`pressure/${resource}`)
        } catch (err) {
          // The kernel has the files but was started without the accounting.
          if (errorCode(err) === 'ENOTSUP' || errorCode(err) === 'EOPNOTSUPP')
            throw new NoDataError(err)
          throw err
        }
        if (text === undefined) {
          log.debug(
            'pressure information is unavailable, you need a Linux kernel >= 4.20 and/or CONFIG_PSI enabled for your kernel',
            { resource },
          )
          continue
        }
        found++
        const totals = parseTotals(text)
        for (const [file, line, name, help] of METRICS) {
          const microseconds = file === resource ? totals.get(line) : undefined
          if (microseconds !== undefined) page.counter(name, help).add(microseconds / 1000 / 1000)
        }
      }
      if (found === 0) throw new NoDataError()
    },
})

/** Lines `some avg10=0.00 avg60=0.00 avg300=0.00 total=14036781`, in microseconds. */
function parseTotals(text: string): ReadonlyMap<string, number> {
  const totals = new Map<string, number>()
  for (const line of splitLines(text)) {
    const total = / total=(.*)$/.exec(line)?.[1]
    totals.set(line.slice(0, line.indexOf(' ')), parseUnsigned(total))
  }
  return totals
}
