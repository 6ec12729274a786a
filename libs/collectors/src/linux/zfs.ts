import { defineCollector, NoDataError } from '../collector.ts'
import { type KernelFiles, splitLines } from '../kernel-files.ts'
import { parseSigned, words } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const ROOT = 'spl/kstat/zfs'
const FILES = [
  ['abdstats', 'abd'],
  ['arcstats', 'arc'],
  ['dbufstats', 'dbuf'],
  ['dmu_tx', 'dmu_tx'],
  ['dnodestats', 'dnode'],
  ['fm', 'fm'],
  ['vdev_cache_stats', 'vdev_cache'],
  ['vdev_mirror_stats', 'vdev_mirror'],
  ['xuio_stats', 'xuio'],
  ['zfetchstats', 'zfetch'],
  ['zil', 'zil'],
] as const
const STATES = ['online', 'degraded', 'faulted', 'offline', 'removed', 'unavail', 'suspended']
/** Kinds of values in the second column. */
const INT64 = '3'
const UINT64 = '4'

export const zfs = defineCollector({
  name: 'zfs',
  isDefault: true,
  create:
    ({ proc, log }) =>
    (page) => {
      const names = proc.listIfThere(ROOT)
      if (names === undefined) {
        log.debug('ZFS / ZFS statistics are not available')
        throw new NoDataError()
      }
      for (const [file, subsystem] of FILES) {
        const text = proc.textIfThere(`${ROOT}/${file}`)
        if (text === undefined) {
          log.debug('Cannot open file for reading', { path: proc.path(`${ROOT}/${file}`) })
          continue
        }
        for (const [name, kind, value] of parseRows(text)) {
          if (kind !== UINT64 && kind !== INT64) continue
          page
            .untyped(
              `node_zfs_${subsystem}_${name.replaceAll('-', '_')}`,
              `kstat.zfs.misc.${file}.${name}`,
            )
            .add(parseSigned(value))
        }
      }
      for (const pool of names) {
        if (proc.isFolder(`${ROOT}/${pool}`)) addPool(page, proc, `${ROOT}/${pool}`, pool)
      }
    },
})

function addPool(page: Page, proc: KernelFiles, folder: string, pool: string): void {
  for (const file of proc.list(folder)) {
    if (file === 'io') addIo(page, proc.text(`${folder}/io`), pool)
    else if (file.startsWith('objset-')) addDataset(page, proc.text(`${folder}/${file}`), pool)
    else if (file === 'state') {
      const current = proc.text(`${folder}/state`).trim().toLowerCase()
      const samples = page.gauge('node_zfs_zpool_state', 'kstat.zfs.misc.state', ['zpool', 'state'])
      for (const state of STATES) samples.add(state === current ? 1 : 0, pool, state)
    }
  }
}

/** A row of names beginning with `nread`, and below it their values. */
function addIo(page: Page, text: string, pool: string): void {
  const lines = splitLines(text)
  const at = lines.findIndex((line) => line.startsWith('nread'))
  if (at < 0) throw new Error(`failed to parse the io statistics of pool ${pool}`)
  const names = words(lines[at] as string)
  const values = words(lines[at + 1] ?? '')
  names.forEach((name, i) => {
    page
      .untyped(`node_zfs_zpool_${name}`, `kstat.zfs.misc.io.${name}`, ['zpool'])
      .add(parseSigned(values[i]), pool)
  })
}

function addDataset(page: Page, text: string, pool: string): void {
  const rows = parseRows(text)
  const dataset = rows.find(([name]) => name === 'dataset_name')?.[2] ?? ''
  for (const [name, kind, value] of rows) {
    if (kind !== UINT64) continue
    page
      .untyped(`node_zfs_zpool_dataset_${name}`, `kstat.zfs.misc.objset.${name}`, [
        'zpool',
        'dataset',
      ])
      .add(parseSigned(value), pool, dataset)
  }
}

/** Below the line `name type data`: name, kind, and the rest of the line, which may have blanks. */
function parseRows(text: string): [name: string, kind: string, value: string][] {
  const lines = splitLines(text)
  const at = lines.findIndex((line) => /^name\s+type\s+data/.test(line))
  if (at < 0) throw new Error('did not parse a single statistic')
  return lines.slice(at + 1).flatMap((line) => {
    const match = /^(\S+)\s+(\S+)\s+(.*)$/.exec(line)
    return match ? [[match[1], match[2], match[3]] as [string, string, string]] : []
  })
}
