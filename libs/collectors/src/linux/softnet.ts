import { defineCollector, NoDataError } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseHex, words } from '../kernel-number.ts'

const COLUMNS: readonly (readonly [
  column: number,
  name: string,
  help: string,
  isGauge?: boolean,
])[] = [
  [0, 'node_softnet_processed_total', 'Number of processed packets'],
  [1, 'node_softnet_dropped_total', 'Number of dropped packets'],
  [2, 'node_softnet_times_squeezed_total', 'Number of times processing packets ran out of quota'],
  [
    8,
    'node_softnet_cpu_collision_total',
    'Number of collision occur while obtaining device lock while transmitting',
  ],
  [9, 'node_softnet_received_rps_total', 'Number of times cpu woken up received_rps'],
  [10, 'node_softnet_flow_limit_count_total', 'Number of times flow limit has been reached'],
  [11, 'node_softnet_backlog_len', 'Softnet backlog status', true],
]
const COLUMNS_MIN = 9
const CPU_COLUMN = 12

export const softnet = defineCollector({
  name: 'softnet',
  isDefault: true,
  create:
    ({ proc }) =>
    (page) => {
      const text = proc.textIfThere('net/softnet_stat')
      if (text === undefined) throw new NoDataError()
      for (const [i, line] of splitLines(text).entries()) {
        const columns = words(line)
        if (columns.length < COLUMNS_MIN) {
          throw new Error(
            `unable to parse softnet_stat: invalid number of columns ${columns.length}`,
          )
        }
        const cpu = columns.length > CPU_COLUMN ? String(parseHex(columns[CPU_COLUMN])) : String(i)
        for (const [column, name, help, isGauge] of COLUMNS) {
          const value = columns[column] === undefined ? 0 : parseHex(columns[column])
          const samples = isGauge ? page.gauge(name, help, CPU) : page.counter(name, help, CPU)
          samples.add(value, cpu)
        }
      }
    },
})

const CPU = ['cpu']
