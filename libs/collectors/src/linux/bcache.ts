import { defineCollector } from '../collector.ts'
import { type KernelFiles, splitLines } from '../kernel-files.ts'
import { NumberError, parseUnsigned } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const ROOT = 'fs/bcache'

type Row = readonly [file: string, name: string, help: string]

const CACHE_SET: readonly Row[] = [
  [
    'average_key_size',
    'node_bcache_average_key_size_sectors',
    'Average data per key in the btree (sectors).',
  ],
  [
    'btree_cache_size',
    'node_bcache_btree_cache_size_bytes',
    'Amount of memory currently used by the btree cache.',
  ],
  [
    'cache_available_percent',
    'node_bcache_cache_available_percent',
    'Percentage of cache device without dirty data, usable for writeback (may contain clean cached data).',
  ],
  ['congested', 'node_bcache_congested', 'Congestion.'],
  [
    'root_usage_percent',
    'node_bcache_root_usage_percent',
    'Percentage of the root btree node in use (tree depth increases if too high).',
  ],
  ['tree_depth', 'node_bcache_tree_depth', 'Depth of the btree.'],
  [
    'internal/active_journal_entries',
    'node_bcache_active_journal_entries',
    'Number of journal entries that are newer than the index.',
  ],
  ['internal/btree_nodes', 'node_bcache_btree_nodes', 'Total nodes in the btree.'],
  [
    'internal/btree_read_average_duration_us',
    'node_bcache_btree_read_average_duration_seconds',
    'Average btree read duration.',
  ],
  [
    'internal/cache_read_races',
    'node_bcache_cache_read_races_total',
    'Counts instances where while data was being read from the cache, the bucket was reused and invalidated - i.e. where the pointer was stale after the read completed.',
  ],
]

const TOTALS: readonly Row[] = [
  [
    'bypassed',
    'node_bcache_bypassed_bytes_total',
    'Amount of IO (both reads and writes) that has bypassed the cache.',
  ],
  [
    'cache_hits',
    'node_bcache_cache_hits_total',
    'Hits counted per individual IO as bcache sees them.',
  ],
  [
    'cache_misses',
    'node_bcache_cache_misses_total',
    'Misses counted per individual IO as bcache sees them.',
  ],
  [
    'cache_bypass_hits',
    'node_bcache_cache_bypass_hits_total',
    'Hits for IO intended to skip the cache.',
  ],
  [
    'cache_bypass_misses',
    'node_bcache_cache_bypass_misses_total',
    'Misses for IO intended to skip the cache.',
  ],
  [
    'cache_miss_collisions',
    'node_bcache_cache_miss_collisions_total',
    'Instances where data insertion from cache miss raced with write (data already present).',
  ],
]

const WRITEBACK: readonly Row[] = [
  [
    'target',
    'node_bcache_dirty_target_bytes',
    'Current dirty data target threshold for this backing device in bytes.',
  ],
  [
    'rate',
    'node_bcache_writeback_rate',
    'Current writeback rate for this backing device in bytes.',
  ],
  [
    'proportional',
    'node_bcache_writeback_rate_proportional_term',
    'Current result of proportional controller, part of writeback rate',
  ],
  [
    'integral',
    'node_bcache_writeback_rate_integral_term',
    'Current result of integral controller, part of writeback rate',
  ],
  [
    'change',
    'node_bcache_writeback_change',
    'Last writeback rate change step for this backing device.',
  ],
]

export const bcache = defineCollector({
  name: 'bcache',
  isDefault: true,
  flags: [
    {
      name: 'collector.bcache.priorityStats',
      kind: 'boolean',
      fallback: 'false',
      help: 'Expose expensive priority stats.',
    },
  ],
  create: ({ sys, flags }) => {
    const hasPriorities = flags.boolean('collector.bcache.priorityStats')
    return (page) => {
      for (const uuid of sys.listIfThere(ROOT) ?? []) {
        if (!uuid.includes('-')) continue
        const folder = `${ROOT}/${uuid}`
        addCacheSet(page, sys, folder, uuid)
        for (const name of sys.list(folder)) {
          if (/^bdev\d/.test(name)) addBackingDevice(page, sys, `${folder}/${name}`, uuid, name)
          if (/^cache\d/.test(name)) {
            addCache(page, sys, `${folder}/${name}`, uuid, name, hasPriorities)
          }
        }
      }
    }
  },
})

function addCacheSet(page: Page, sys: KernelFiles, folder: string, uuid: string): void {
  for (const [file, name, help] of CACHE_SET) {
    const value = parseHuman(sys.attribute(`${folder}/${file}`))
    if (name.endsWith('_total')) page.counter(name, help, UUID).add(value, uuid)
    // Compat: the file says microseconds, and is taken for nanoseconds.
    else page.gauge(name, help, UUID).add(name.endsWith('_seconds') ? value * 1e-9 : value, uuid)
  }
}

function addBackingDevice(
  page: Page,
  sys: KernelFiles,
  folder: string,
  uuid: string,
  device: string,
) {
  const labels = [uuid, device]
  const read = (file: string) => parseHuman(sys.attribute(`${folder}/${file}`))
  page
    .gauge(
      'node_bcache_dirty_data_bytes',
      'Amount of dirty data for this backing device in the cache.',
      BACKING,
    )
    .add(read('dirty_data'), ...labels)
  const rates = parseRates(sys.text(`${folder}/writeback_rate_debug`))
  for (const [field, name, help] of WRITEBACK) {
    page.gauge(name, help, BACKING).add(rates.get(field) ?? 0, ...labels)
  }
  for (const [file, name, help] of TOTALS) {
    page.counter(name, help, BACKING).add(read(`stats_total/${file}`), ...labels)
  }
  const readaheads = sys.attributeIfThere(`${folder}/stats_total/cache_readaheads`)
  if (readaheads !== undefined && readaheads !== '0') {
    page
      .counter('node_bcache_cache_readaheads_total', 'Count of times readahead occurred.', BACKING)
      .add(parseHuman(readaheads), ...labels)
  }
}

function addCache(
  page: Page,
  sys: KernelFiles,
  folder: string,
  uuid: string,
  device: string,
  hasPriorities: boolean,
): void {
  const read = (file: string) => parseHuman(sys.attribute(`${folder}/${file}`))
  page
    .gauge(
      'node_bcache_io_errors',
      'Number of errors that have occurred, decayed by io_error_halflife.',
      CACHE,
    )
    .add(read('io_errors'), uuid, device)
  page
    .counter(
      'node_bcache_metadata_written_bytes_total',
      'Sum of all non data writes (btree writes and all other metadata).',
      CACHE,
    )
    .add(read('metadata_written'), uuid, device)
  page
    .counter(
      'node_bcache_written_bytes_total',
      'Sum of all data that has been written to the cache.',
      CACHE,
    )
    .add(read('written'), uuid, device)
  if (!hasPriorities) return
  const text = sys.text(`${folder}/priority_stats`)
  const percent = (field: string) =>
    parseUnsigned(new RegExp(`^${field}:\\s*(\\d+)%`, 'm').exec(text)?.[1])
  page
    .gauge(
      'node_bcache_priority_stats_unused_percent',
      "The percentage of the cache that doesn't contain any data.",
      CACHE,
    )
    .add(percent('Unused'), uuid, device)
  page
    .gauge('node_bcache_priority_stats_metadata_percent', "Bcache's metadata overhead.", CACHE)
    .add(percent('Metadata'), uuid, device)
}

/** Lines `change:         321.5k/sec`. */
function parseRates(text: string): ReadonlyMap<string, number> {
  const rates = new Map<string, number>()
  for (const line of splitLines(text)) {
    const [name, value] = line.split(':')
    const number = value?.trim().replace('/sec', '')
    if (name !== undefined && number && name !== 'next io') rates.set(name, parseHuman(number))
  }
  return rates
}

const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E']

/** Compat: `1.5k` is 1 and 5/10.24 times 1024, because the kernel prints the remainder of 1024 in tenths. */
function parseHuman(text: string): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?([kMGTPE]?)$/.exec(text)
  if (!match) throw new NumberError('ParseUint', text)
  const [, sign, whole, fraction, unit] = match
  const rest = fraction === undefined ? 0 : Number(fraction) / 10.24
  const value = (Number(whole) + rest) * 1024 ** UNITS.indexOf(unit as string)
  return sign === '-' ? -value : value
}

const UUID = ['uuid']
const BACKING = ['uuid', 'backing_device']
const CACHE = ['uuid', 'cache_device']
