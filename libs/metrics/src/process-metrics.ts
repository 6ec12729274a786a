import type { Host } from '@prom/runtime'
import type { MetricFamily, MetricType } from './family.ts'
import type { Collector } from './registry.ts'

/** The `process_*` metrics every daemon has, read from the host at each scrape. */
export function createProcessMetrics(facts: Host['process']): Collector {
  const one = (name: string, help: string, type: MetricType, value: number): MetricFamily => ({
    name,
    help,
    type,
    points: [{ labels: [], value }],
  })
  return {
    collect: () => [
      one(
        'process_cpu_seconds_total',
        'Total user and system CPU time spent in seconds.',
        'counter',
        facts.cpuSeconds(),
      ),
      one('process_max_fds', 'Maximum number of open file descriptors.', 'gauge', facts.maxFiles()),
      one('process_open_fds', 'Number of open file descriptors.', 'gauge', facts.openFiles()),
      one(
        'process_resident_memory_bytes',
        'Resident memory size in bytes.',
        'gauge',
        facts.residentBytes(),
      ),
      one(
        'process_start_time_seconds',
        'Start time of the process since unix epoch in seconds.',
        'gauge',
        facts.startTimeMs / 1000,
      ),
      one(
        'process_virtual_memory_bytes',
        'Virtual memory size in bytes.',
        'gauge',
        facts.virtualBytes(),
      ),
    ],
  }
}
