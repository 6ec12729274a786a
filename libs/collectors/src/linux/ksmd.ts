import { defineCollector } from '../collector.ts'
import { parseUnsigned } from '../kernel-number.ts'

const FILES = [
  [
    'full_scans',
    'node_ksmd_full_scans_total',
    'How many times all mergeable areas have been scanned.',
  ],
  [
    'general_profit',
    'node_ksmd_general_profit_bytes',
    'How effective is KSM. ksm_saved_pages * sizeof(page) - (all_rmap_items) * sizeof(rmap_item)',
  ],
  [
    'merge_across_nodes',
    'node_ksmd_merge_across_nodes',
    'Specifies if pages from different NUMA nodes can be merged.',
  ],
  ['pages_shared', 'node_ksmd_pages_shared', 'How many shared pages are being used.'],
  [
    'pages_sharing',
    'node_ksmd_pages_sharing',
    'How many more sites are sharing them i.e. how much saved.',
  ],
  ['pages_to_scan', 'node_ksmd_pages_to_scan', 'How many pages to scan before ksmd goes to sleep.'],
  [
    'pages_unshared',
    'node_ksmd_pages_unshared',
    'How many pages unique but repeatedly checked for merging.',
  ],
  [
    'pages_volatile',
    'node_ksmd_pages_volatile',
    'How many pages changing too fast to be placed in a tree.',
  ],
  ['run', 'node_ksmd_run', 'The status of ksmd. stopped = 0, running = 1'],
  [
    'sleep_millisecs',
    'node_ksmd_sleep_seconds',
    'How many seconds ksmd should sleep before next scan.',
  ],
] as const

export const ksmd = defineCollector({
  name: 'ksmd',
  isDefault: false,
  create:
    ({ sys }) =>
    (page) => {
      for (const [file, name, help] of FILES) {
        const text = sys.textIfThere(`kernel/mm/ksm/${file}`)
        if (text === undefined) continue
        const value = parseUnsigned(text.trim())
        if (name.endsWith('_total')) page.counter(name, help).add(value)
        else page.gauge(name, help).add(file === 'sleep_millisecs' ? value / 1000 : value)
      }
    },
})
