import { defineCollector, NoDataError } from '../collector.ts'
import { type KernelFiles, splitLines } from '../kernel-files.ts'
import { NumberError, parseUnsigned, words } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const ROOT = 'fs/bcachefs'

export const bcachefs = defineCollector({
  name: 'bcachefs',
  isDefault: true,
  create:
    ({ sys, log }) =>
    (page) => {
      const names = sys.listIfThere(ROOT)
      if (names === undefined) {
        log.debug('bcachefs sysfs path does not exist', { path: sys.path(ROOT) })
        throw new NoDataError()
      }
      const uuids = names.filter((name) => sys.isFolder(`${ROOT}/${name}`))
      if (uuids.length === 0) throw new NoDataError()
      for (const uuid of uuids) addFileSystem(page, sys, `${ROOT}/${uuid}`, uuid)
    },
})

function addFileSystem(page: Page, sys: KernelFiles, folder: string, uuid: string): void {
  page.gauge('node_bcachefs_info', 'Filesystem information.', UUID).add(1, uuid)
  const cache = sys.attributeIfThere(`${folder}/btree_cache_size`)
  if (cache !== undefined) {
    page
      .gauge('node_bcachefs_btree_cache_size_bytes', 'Btree cache memory usage in bytes.', UUID)
      .add(parseHuman(cache), uuid)
  }
  addCompression(page, sys.textIfThere(`${folder}/compression_stats`) ?? '', uuid)
  const errors = page.counter('node_bcachefs_errors_total', 'Error count by error type.', [
    'uuid',
    'error_type',
  ])
  for (const line of splitLines(sys.textIfThere(`${folder}/errors`) ?? '')) {
    const [type, count] = words(line)
    if (type !== undefined && count !== undefined) errors.add(parseUnsigned(count), uuid, type)
  }
  addCounters(page, sys, folder, uuid)
  addWrites(page, sys.textIfThere(`${folder}/btree_write_stats`) ?? '', uuid)
  for (const name of sys.list(folder)) {
    const device = /^dev-(.+)$/.exec(name)?.[1]
    if (device !== undefined) addDevice(page, sys, `${folder}/${name}`, uuid, device)
  }
}

/** Below a line of headers: algorithm, compressed, uncompressed, average extent. */
function addCompression(page: Page, text: string, uuid: string): void {
  const compressed = page.gauge(
    'node_bcachefs_compression_compressed_bytes',
    'Compressed size by algorithm.',
    ['uuid', 'algorithm'],
  )
  const uncompressed = page.gauge(
    'node_bcachefs_compression_uncompressed_bytes',
    'Uncompressed size by algorithm.',
    ['uuid', 'algorithm'],
  )
  for (const line of splitLines(text).slice(1)) {
    const [algorithm, small, large] = words(line)
    if (algorithm === undefined || small === undefined || large === undefined) continue
    compressed.add(parseHuman(small), uuid, algorithm)
    uncompressed.add(parseHuman(large), uuid, algorithm)
  }
}

function addCounters(page: Page, sys: KernelFiles, folder: string, uuid: string): void {
  for (const name of sys.listIfThere(`${folder}/counters`) ?? []) {
    const text = sys.text(`${folder}/counters/${name}`)
    const count = /^since filesystem creation:\s*(\S+)/m.exec(text)?.[1]
    if (count === undefined) continue
    page
      .counter(
        `node_bcachefs_${name}_total`,
        `Bcachefs counter ${name} since filesystem creation.`,
        UUID,
      )
      .add(parseHuman(count), uuid)
  }
}

/** Below a line of headers: `type:   number   average size`. */
function addWrites(page: Page, text: string, uuid: string): void {
  const labels = ['uuid', 'type']
  const writes = page.counter(
    'node_bcachefs_btree_writes_total',
    'Number of btree writes by type.',
    labels,
  )
  const sizes = page.gauge(
    'node_bcachefs_btree_write_average_size_bytes',
    'Average btree write size by type.',
    labels,
  )
  for (const line of splitLines(text).slice(1)) {
    const [head, count, size] = words(line)
    if (head === undefined || count === undefined || size === undefined) continue
    const type = head.replace(/:$/, '')
    writes.add(parseHuman(count), uuid, type)
    sizes.add(parseHuman(size), uuid, type)
  }
}

function addDevice(
  page: Page,
  sys: KernelFiles,
  folder: string,
  uuid: string,
  device: string,
): void {
  const text = (name: string) => sys.attributeIfThere(`${folder}/${name}`)
  page
    .gauge('node_bcachefs_device_info', 'Device information.', ['uuid', 'device', 'label', 'state'])
    .add(1, uuid, device, text('label') ?? '', text('state') ?? '')
  for (const [file, name, help] of DEVICE_FILES) {
    const value = text(file)
    if (value !== undefined) page.gauge(name, help, DEVICE).add(parseHuman(value), uuid, device)
  }
  addDone(page, sys.textIfThere(`${folder}/io_done`) ?? '', uuid, device)
  addErrors(page, sys.textIfThere(`${folder}/io_errors`) ?? '', uuid, device)
}

/** Sections `read:` and `write:`, in them `btree       :     5242880`. */
function addDone(page: Page, text: string, uuid: string, device: string): void {
  const samples = page.counter(
    'node_bcachefs_device_io_done_bytes_total',
    'IO bytes by operation type and data type.',
    ['uuid', 'device', 'operation', 'data_type'],
  )
  let operation = ''
  for (const line of splitLines(text)) {
    const section = /^(read|write):\s*$/.exec(line)
    if (section) {
      operation = section[1] as string
      continue
    }
    const [type, count] = line.split(':')
    if (operation === '' || type === undefined || count === undefined) continue
    samples.add(parseUnsigned(count.trim()), uuid, device, operation, type.trim())
  }
}

/** Only the section since the creation counts: the other one begins anew. */
function addErrors(page: Page, text: string, uuid: string, device: string): void {
  const samples = page.counter('node_bcachefs_device_io_errors_total', 'IO errors by error type.', [
    'uuid',
    'device',
    'type',
  ])
  let isCreation = false
  for (const line of splitLines(text)) {
    if (line.startsWith('IO errors since')) {
      isCreation = line.includes('filesystem creation')
      continue
    }
    const [type, count] = line.split(':')
    if (!isCreation || type === undefined || count === undefined) continue
    samples.add(parseUnsigned(count.trim()), uuid, device, type.trim())
  }
}

const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E']

/** Numbers with a unit of powers of 1024, cut to whole ones. */
function parseHuman(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kKMGTPE]?)$/.exec(text)
  if (!match) throw new NumberError('ParseFloat', text)
  const unit = (match[2] as string).replace('K', 'k')
  return Math.trunc(Number(match[1]) * 1024 ** UNITS.indexOf(unit))
}

const UUID = ['uuid']
const DEVICE = ['uuid', 'device']
const DEVICE_FILES = [
  ['bucket_size', 'node_bcachefs_device_bucket_size_bytes', 'Bucket size in bytes.'],
  ['nbuckets', 'node_bcachefs_device_buckets', 'Total number of buckets.'],
  ['durability', 'node_bcachefs_device_durability', 'Device durability setting.'],
] as const
