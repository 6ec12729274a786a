import { type CollectorDeps, defineCollector } from '../collector.ts'
import { type KernelFiles, splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'
import type { Page } from '../page.ts'
import { type BtrfsDevice, readBtrfsDevices } from './btrfs-devices.ts'

const ROOT = 'fs/btrfs'
const SECTOR_BYTES = 512

export const btrfs = defineCollector({
  name: 'btrfs',
  isDefault: true,
  create: (deps) => (page) => {
    const { sys } = deps
    const uuids = (sys.listIfThere(ROOT) ?? []).filter((name) => name.includes('-'))
    const devices = uuids.length > 0 ? askDevices(deps) : new Map<string, readonly BtrfsDevice[]>()
    for (const name of uuids) addFileSystem(page, sys, `${ROOT}/${name}`, name, devices)
  },
})

/** The kernel tells more about the devices of a mounted file system, if we may ask it. */
function askDevices(deps: CollectorDeps): ReadonlyMap<string, readonly BtrfsDevice[]> {
  try {
    return readBtrfsDevices(deps)
  } catch (err) {
    deps.log.debug('Error querying btrfs device stats', { err })
    return new Map()
  }
}

function addFileSystem(
  page: Page,
  sys: KernelFiles,
  folder: string,
  name: string,
  devices: ReadonlyMap<string, readonly BtrfsDevice[]>,
): void {
  const uuid = sys.attributeIfThere(`${folder}/metadata_uuid`) || name
  const label = sys.attribute(`${folder}/label`)
  page.gauge('node_btrfs_info', 'Filesystem information', ['uuid', 'label']).add(1, uuid, label)
  page
    .gauge('node_btrfs_global_rsv_size_bytes', 'Size of global reserve.', UUID)
    .add(parseUnsigned(sys.attribute(`${folder}/allocation/global_rsv_size`)), uuid)
  addCommits(page, sys.textIfThere(`${folder}/commit_stats`) ?? '', uuid)

  const names = sys.listIfThere(`${folder}/devices`) ?? []
  const known = devices.get(uuid)
  if (known) addKnownDevices(page, uuid, known)
  else {
    const size = page.gauge(
      'node_btrfs_device_size_bytes',
      'Size of a device that is part of the filesystem.',
      ['uuid', 'device'],
    )
    for (const device of names) {
      const sectors = sys.attributeIfThere(`${folder}/devices/${device}/size`)
      if (sectors !== undefined) size.add(parseUnsigned(sectors) * SECTOR_BYTES, uuid, device)
    }
  }
  for (const type of ['data', 'metadata', 'system']) {
    addAllocation(page, sys, `${folder}/allocation/${type}`, uuid, type, names.length)
  }
}

function addCommits(page: Page, text: string, uuid: string): void {
  const fields = new Map(splitLines(text).map((line) => words(line) as [string, string]))
  const read = (name: string) => parseUnsigned(fields.get(name) ?? '0')
  page
    .counter('node_btrfs_commits_total', 'The total number of commits that have occurred.', UUID)
    .add(read('commits'), uuid)
  page
    .gauge(
      'node_btrfs_last_commit_seconds',
      'Duration of the most recent commit, in seconds.',
      UUID,
    )
    .add(read('last_commit_ms') / 1000, uuid)
  page
    .gauge('node_btrfs_max_commit_seconds', 'Duration of the slowest commit, in seconds.', UUID)
    .add(read('max_commit_ms') / 1000, uuid)
  page
    .counter(
      'node_btrfs_commit_seconds_total',
      'Sum of the duration of all commits, in seconds.',
      UUID,
    )
    .add(read('total_commit_ms') / 1000, uuid)
}

function addKnownDevices(page: Page, uuid: string, devices: readonly BtrfsDevice[]): void {
  const labels = ['uuid', 'device', 'btrfs_dev_uuid']
  for (const { path, deviceUuid, sizeBytes, usedBytes, errors } of devices) {
    page
      .gauge(
        'node_btrfs_device_size_bytes',
        'Size of a device that is part of the filesystem.',
        labels,
      )
      .add(sizeBytes, uuid, path, deviceUuid)
    page
      .gauge(
        'node_btrfs_device_unused_bytes',
        'Unused bytes unused on a device that is part of the filesystem.',
        labels,
      )
      .add(sizeBytes - usedBytes, uuid, path, deviceUuid)
    const counters = page.counter(
      'node_btrfs_device_errors_total',
      'Errors reported for the device',
      [...labels, 'type'],
    )
    for (const [type, count] of Object.entries(errors)) {
      counters.add(count, uuid, path, deviceUuid, type)
    }
  }
}

function addAllocation(
  page: Page,
  sys: KernelFiles,
  folder: string,
  uuid: string,
  type: string,
  deviceCount: number,
): void {
  const reserved = sys.attributeIfThere(`${folder}/bytes_reserved`)
  if (reserved === undefined) return
  page
    .gauge('node_btrfs_reserved_bytes', 'Amount of space reserved for a data type', [
      'uuid',
      'block_group_type',
    ])
    .add(parseUnsigned(reserved), uuid, type)
  for (const mode of sys.list(folder)) {
    if (!sys.isFolder(`${folder}/${mode}`)) continue
    const read = (name: string) => parseUnsigned(sys.attribute(`${folder}/${mode}/${name}`))
    page
      .gauge('node_btrfs_used_bytes', 'Amount of used space by a layout/data type', LAYOUT)
      .add(read('used_bytes'), uuid, type, mode)
    page
      .gauge('node_btrfs_size_bytes', 'Amount of space allocated for a layout/data type', LAYOUT)
      .add(read('total_bytes'), uuid, type, mode)
    page
      .gauge('node_btrfs_allocation_ratio', 'Data allocation ratio for a layout/data type', LAYOUT)
      .add(ratioOf(mode, deviceCount), uuid, type, mode)
  }
}

/** How many bytes on disks one byte of data takes. */
function ratioOf(mode: string, devices: number): number {
  switch (mode) {
    case 'single':
    case 'raid0':
      return 1
    case 'dup':
    case 'raid1':
    case 'raid10':
      return 2
    case 'raid1c3':
      return 3
    case 'raid1c4':
      return 4
    case 'raid5':
      return devices / (devices - 1)
    case 'raid6':
      return devices / (devices - 2)
    default:
      return 0
  }
}

const UUID = ['uuid']
const LAYOUT = ['uuid', 'block_group_type', 'mode']
