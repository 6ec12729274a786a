import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'

/** The words of /proc/zoneinfo that are exported; what ends in `_total` is a counter. */
const FIELDS: readonly (readonly [word: string, name: string, help: string])[] = [
  ['nr_free_pages', 'node_zoneinfo_nr_free_pages', 'Total number of free pages in the zone'],
  ['min', 'node_zoneinfo_min_pages', 'Zone watermark pages_min'],
  ['low', 'node_zoneinfo_low_pages', 'Zone watermark pages_low'],
  ['high', 'node_zoneinfo_high_pages', 'Zone watermark pages_high'],
  ['scanned', 'node_zoneinfo_scanned_pages', 'Pages scanned since last reclaim'],
  ['spanned', 'node_zoneinfo_spanned_pages', 'Total pages spanned by the zone, including holes'],
  ['present', 'node_zoneinfo_present_pages', 'Physical pages existing within the zone'],
  ['managed', 'node_zoneinfo_managed_pages', 'Present pages managed by the buddy system'],
  [
    'nr_active_anon',
    'node_zoneinfo_nr_active_anon_pages',
    'Number of anonymous pages recently more used',
  ],
  [
    'nr_inactive_anon',
    'node_zoneinfo_nr_inactive_anon_pages',
    'Number of anonymous pages recently less used',
  ],
  [
    'nr_isolated_anon',
    'node_zoneinfo_nr_isolated_anon_pages',
    'Temporary isolated pages from anon lru',
  ],
  [
    'nr_anon_pages',
    'node_zoneinfo_nr_anon_pages',
    'Number of anonymous pages currently used by the system',
  ],
  [
    'nr_anon_transparent_hugepages',
    'node_zoneinfo_nr_anon_transparent_hugepages',
    'Number of anonymous transparent huge pages currently used by the system',
  ],
  [
    'nr_active_file',
    'node_zoneinfo_nr_active_file_pages',
    'Number of active pages with file-backing',
  ],
  [
    'nr_inactive_file',
    'node_zoneinfo_nr_inactive_file_pages',
    'Number of inactive pages with file-backing',
  ],
  [
    'nr_isolated_file',
    'node_zoneinfo_nr_isolated_file_pages',
    'Temporary isolated pages from file lru',
  ],
  ['nr_file_pages', 'node_zoneinfo_nr_file_pages', 'Number of file pages'],
  [
    'nr_slab_reclaimable',
    'node_zoneinfo_nr_slab_reclaimable_pages',
    'Number of reclaimable slab pages',
  ],
  [
    'nr_slab_unreclaimable',
    'node_zoneinfo_nr_slab_unreclaimable_pages',
    'Number of unreclaimable slab pages',
  ],
  [
    'nr_mlock_stack',
    'node_zoneinfo_nr_mlock_stack_pages',
    'mlock()ed pages found and moved off LRU',
  ],
  ['nr_kernel_stack', 'node_zoneinfo_nr_kernel_stacks', 'Number of kernel stacks'],
  ['nr_mapped', 'node_zoneinfo_nr_mapped_pages', 'Number of mapped pages'],
  ['nr_dirty', 'node_zoneinfo_nr_dirty_pages', 'Number of dirty pages'],
  ['nr_writeback', 'node_zoneinfo_nr_writeback_pages', 'Number of writeback pages'],
  ['nr_unevictable', 'node_zoneinfo_nr_unevictable_pages', 'Number of unevictable pages'],
  ['nr_shmem', 'node_zoneinfo_nr_shmem_pages', 'Number of shmem pages (included tmpfs/GEM pages)'],
  ['nr_dirtied', 'node_zoneinfo_nr_dirtied_total', 'Page dirtyings since bootup'],
  ['nr_written', 'node_zoneinfo_nr_written_total', 'Page writings since bootup'],
  ['numa_hit', 'node_zoneinfo_numa_hit_total', 'Allocated in intended node'],
  ['numa_miss', 'node_zoneinfo_numa_miss_total', 'Allocated in non intended node'],
  ['numa_foreign', 'node_zoneinfo_numa_foreign_total', 'Was intended here, hit elsewhere'],
  ['numa_interleave', 'node_zoneinfo_numa_interleave_total', 'Interleaver preferred this zone'],
  ['numa_local', 'node_zoneinfo_numa_local_total', 'Allocation from local node'],
  ['numa_other', 'node_zoneinfo_numa_other_total', 'Allocation from other node'],
]

export const zoneinfo = defineCollector({
  name: 'zoneinfo',
  isDefault: false,
  create:
    ({ proc }) =>
    (page) => {
      const fields = new Map(FIELDS.map(([word, name, help]) => [word, { name, help }]))
      let node = ''
      let zone = ''
      for (const line of splitLines(proc.text('zoneinfo'))) {
        const head = /^Node (\d+), zone +(\S+)/.exec(line)
        if (head) {
          node = head[1] as string
          zone = head[2] as string
          continue
        }
        const parts = words(line)
        const [word, value] = parts
        if (word === undefined || value === undefined) continue
        if (word === 'protection:') {
          const numbers = line
            .slice(line.indexOf('(') + 1)
            .replace(')', '')
            .split(', ')
          numbers.forEach((number, i) => {
            page
              .gauge(`node_zoneinfo_protection_${i}`, `Protection array ${i}. field`, LABELS)
              .add(parseUnsigned(number.trim()), node, zone)
          })
          continue
        }
        const about = fields.get(word)
        if (!about) continue
        const samples = about.name.endsWith('_total')
          ? page.counter(about.name, about.help, LABELS)
          : page.gauge(about.name, about.help, LABELS)
        samples.add(parseUnsigned(value), node, zone)
      }
    },
})

const LABELS = ['node', 'zone']
