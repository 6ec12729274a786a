import { defineCollector, NoDataError } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'

export const schedstat = defineCollector({
  name: 'schedstat',
  isDefault: true,
  create:
    ({ proc, log }) =>
    (page) => {
      const text = proc.textIfThere('schedstat')
      if (text === undefined) {
        log.debug('schedstat file does not exist')
        throw new NoDataError()
      }
      const running = page.counter(
        'node_schedstat_running_seconds_total',
        'Number of seconds CPU spent running a process.',
        CPU,
      )
      const waiting = page.counter(
        'node_schedstat_waiting_seconds_total',
        'Number of seconds spent by processing waiting for this CPU.',
        CPU,
      )
      const slices = page.counter(
        'node_schedstat_timeslices_total',
        'Number of timeslices executed by CPU.',
        CPU,
      )
      for (const line of splitLines(text)) {
        const fields = words(line)
        const cpu = /^cpu(\d+)$/.exec(fields[0] ?? '')?.[1]
        if (cpu === undefined || fields.length < 10) continue
        running.add(parseUnsigned(fields[7]) / 1e9, cpu)
        waiting.add(parseUnsigned(fields[8]) / 1e9, cpu)
        slices.add(parseUnsigned(fields[9]), cpu)
      }
    },
})

const CPU = ['cpu']
