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
  const network = (): MetricFamily[] => {
    const bytes = facts.networkBytes?.()
    if (!bytes) return []
    return [
      one(
        'process_network_receive_bytes_total',
        'Number of bytes received by the process over the network.',
        'counter',
        bytes.received,
      ),
      one(
        'process_network_transmit_bytes_total',
        'Number of bytes sent by the process over the network.',
        'counter',
        bytes.sent,
      ),
    ]
  }
  const limit = (): MetricFamily[] => {
    const bytes = facts.virtualMaxBytes?.()
    if (bytes === undefined) return []
    const help = 'Maximum amount of virtual memory available in bytes.'
    return [one('process_virtual_memory_max_bytes', help, 'gauge', bytes)]
  }
  return {
    collect: () => [
      ...network(),
      ...limit(),
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
