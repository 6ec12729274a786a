import { defineCollector, NoDataError } from '../collector.ts'
import { errorCode, splitLines } from '../kernel-files.ts'
import { parseHex, parseUnsigned, words } from '../kernel-number.ts'

/** Columns of net/stat/nf_conntrack, summed over the CPUs. */
const COLUMNS: readonly (readonly [column: number, name: string, help: string])[] = [
  [2, 'node_nf_conntrack_stat_found', 'Number of searched entries which were successful.'],
  [4, 'node_nf_conntrack_stat_invalid', 'Number of packets seen which can not be tracked.'],
  [
    5,
    'node_nf_conntrack_stat_ignore',
    'Number of packets seen which are already connected to a conntrack entry.',
  ],
  [8, 'node_nf_conntrack_stat_insert', 'Number of entries inserted into the list.'],
  [
    9,
    'node_nf_conntrack_stat_insert_failed',
    'Number of entries for which list insertion was attempted but failed.',
  ],
  [10, 'node_nf_conntrack_stat_drop', 'Number of packets dropped due to conntrack failure.'],
  [
    11,
    'node_nf_conntrack_stat_early_drop',
    'Number of dropped conntrack entries to make room for new ones, if maximum table size was reached.',
  ],
  [
    16,
    'node_nf_conntrack_stat_search_restart',
    'Number of conntrack table lookups which had to be restarted due to hashtable resizes.',
  ],
]

export const conntrack = defineCollector({
  name: 'conntrack',
  isDefault: true,
  create:
    ({ proc }) =>
    (page) => {
      try {
        page
          .gauge(
            'node_nf_conntrack_entries',
            'Number of currently allocated flow entries for connection tracking.',
          )
          .add(parseUnsigned(proc.text('sys/net/netfilter/nf_conntrack_count').trim()))
        page
          .gauge('node_nf_conntrack_entries_limit', 'Maximum size of connection tracking table.')
          .add(parseUnsigned(proc.text('sys/net/netfilter/nf_conntrack_max').trim()))
        const rows = splitLines(proc.text('net/stat/nf_conntrack')).slice(1).map(words)
        for (const [column, name, help] of COLUMNS) {
          let sum = 0
          for (const row of rows) sum += parseHex(row[column])
          page.gauge(name, help).add(sum)
        }
      } catch (err) {
        if (errorCode(err) === 'ENOENT') throw new NoDataError(err)
        throw err
      }
    },
})
