import { defineCollector, NoDataError } from '../collector.ts'
import { parseUnsigned } from '../kernel-number.ts'

export const kernelHung = defineCollector({
  name: 'kernel_hung',
  isDefault: true,
  create:
    ({ proc, log }) =>
    (page) => {
      const text = proc.textIfThere('sys/kernel/hung_task_detect_count')
      if (text === undefined) {
        log.debug('hung_task_detect_count does not exist')
        throw new NoDataError()
      }
      page
        .counter(
          'node_kernel_hung_tasks_total',
          'Total number of tasks that have been detected as hung since the system booted.',
        )
        .add(parseUnsigned(text.trim()))
    },
})
