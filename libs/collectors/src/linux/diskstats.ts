import { type CollectorDeps, defineCollector } from '../collector.ts'
import { goErrorText } from '../errno-text.ts'
import { chooseFilter } from '../filter-flags.ts'
import { splitLines } from '../kernel-files.ts'
import { parseFloat64, parseUnsigned, unsignedOrUndefined, words } from '../kernel-number.ts'
import type { Page } from '../page.ts'

type Column = readonly [name: string, help: string, scale: number, isGauge?: boolean]

const SECTOR_BYTES = 512
const MILLISECOND = 0.001

/** The numbers after the device's name, in the order of /proc/diskstats; newer kernels have more of them. */
const COLUMNS: readonly Column[] = [
  ['node_disk_reads_completed_total', 'The total number of reads completed successfully.', 1],
  ['node_disk_reads_merged_total', 'The total number of reads merged.', 1],
  ['node_disk_read_bytes_total', 'The total number of bytes read successfully.', SECTOR_BYTES],
  [
    'node_disk_read_time_seconds_total',
    'The total number of seconds spent by all reads.',
    MILLISECOND,
  ],
  ['node_disk_writes_completed_total', 'The total number of writes completed successfully.', 1],
  ['node_disk_writes_merged_total', 'The number of writes merged.', 1],
  [
    'node_disk_written_bytes_total',
    'The total number of bytes written successfully.',
    SECTOR_BYTES,
  ],
  [
    'node_disk_write_time_seconds_total',
    'This is the total number of seconds spent by all writes.',
    MILLISECOND,
  ],
  ['node_disk_io_now', 'The number of I/Os currently in progress.', 1, true],
  ['node_disk_io_time_seconds_total', 'Total seconds spent doing I/Os.', MILLISECOND],
  [
    'node_disk_io_time_weighted_seconds_total',
    'The weighted # of seconds spent doing I/Os.',
    MILLISECOND,
  ],
  ['node_disk_discards_completed_total', 'The total number of discards completed successfully.', 1],
  ['node_disk_discards_merged_total', 'The total number of discards merged.', 1],
  ['node_disk_discarded_sectors_total', 'The total number of sectors discarded successfully.', 1],
  [
    'node_disk_discard_time_seconds_total',
    'This is the total number of seconds spent by all discards.',
    MILLISECOND,
  ],
  [
    'node_disk_flush_requests_total',
    'The total number of flush requests completed successfully',
    1,
  ],
  [
    'node_disk_flush_requests_time_seconds_total',
    'This is the total number of seconds spent by all flush requests.',
    MILLISECOND,
  ],
]

export const diskstats = defineCollector({
  name: 'diskstats',
  isDefault: true,
  flags: [
    {
      name: 'collector.diskstats.device-exclude',
      kind: 'string',
      fallback: '^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$',
      help: 'Regexp of diskstats devices to exclude (mutually exclusive to device-include).',
    },
    {
      name: 'collector.diskstats.device-include',
      kind: 'string',
      help: 'Regexp of diskstats devices to include (mutually exclusive to device-exclude).',
    },
    {
      name: 'collector.diskstats.ignored-devices',
      kind: 'string',
      isHidden: true,
      help: 'DEPRECATED: Use collector.diskstats.device-exclude',
    },
  ],
  create: (deps) => {
    const devices = chooseFilter(deps, {
      exclude: 'collector.diskstats.device-exclude',
      include: 'collector.diskstats.device-include',
      oldExclude: 'collector.diskstats.ignored-devices',
      conflict:
        'failed to parse device filter flags: device-exclude & device-include are mutually exclusive',
      isLogged: true,
    })
    const udev = new UdevFacts(deps)
    return (page) => {
      for (const line of splitLines(deps.proc.text('diskstats'))) {
        const fields = words(line)
        if (fields.length < 4) throw new Error(`invalid line in diskstats: ${line}`)
        const [major, minor, device, ...numbers] = fields as [string, string, string]
        if (devices.ignores(device)) {
          deps.log.debug('Ignoring device', { device })
          continue
        }
        const facts = udev.read(parseUnsigned(major), parseUnsigned(minor))
        addInfo(page, deps, device, major, minor, facts)
        addNumbers(page, device, numbers)
        addUdev(page, device, facts)
      }
    }
  },
})

function addNumbers(page: Page, device: string, numbers: readonly string[]): void {
  for (const [i, [name, help, scale, isGauge]] of COLUMNS.entries()) {
    if (i >= numbers.length) break
    const samples = isGauge ? page.gauge(name, help, DEVICE) : page.counter(name, help, DEVICE)
    const number = parseUnsigned(numbers[i])
    samples.add(number * scale, device)
  }
}

function addInfo(
  page: Page,
  { sys }: CollectorDeps,
  device: string,
  major: string,
  minor: string,
  facts: ReadonlyMap<string, string>,
): void {
  const fact = (name: string) => facts.get(name) ?? ''
  const serial = ['SCSI_IDENT_SERIAL', 'ID_SERIAL_SHORT', 'ID_SERIAL']
    .map(fact)
    .find((text) => text !== '')
  const rotational = readRotational(sys, device)
  page
    .gauge('node_disk_info', 'Info of /sys/block/<block_device>.', INFO)
    .add(
      1,
      device,
      major,
      minor,
      fact('ID_PATH'),
      fact('ID_WWN'),
      fact('ID_MODEL'),
      serial ?? '',
      fact('ID_REVISION'),
      rotational,
    )
}

/**
 * Compat: the original reads all facts of the queue at once and takes none if one is missing, as `io_timeout` is for
 * virtual disks.
 */
function readRotational(sys: CollectorDeps['sys'], device: string): string {
  const queue = `block/${device.replaceAll('/', '!')}/queue`
  if (!sys.exists(`${queue}/io_timeout`)) return '0'
  return unsignedOrUndefined(sys.attributeIfThere(`${queue}/rotational`)) === 1 ? '1' : '0'
}

function addUdev(page: Page, device: string, facts: ReadonlyMap<string, string>): void {
  const fact = (name: string) => facts.get(name) ?? ''
  if (fact('ID_FS_TYPE') !== '') {
    page
      .gauge('node_disk_filesystem_info', 'Info about disk filesystem.', FILESYSTEM)
      .add(
        1,
        device,
        fact('ID_FS_TYPE'),
        fact('ID_FS_USAGE'),
        fact('ID_FS_UUID'),
        fact('ID_FS_VERSION'),
      )
  }
  if (fact('DM_NAME') !== '') {
    page
      .gauge('node_disk_device_mapper_info', 'Info about disk device mapper.', MAPPER)
      .add(
        1,
        device,
        fact('DM_NAME'),
        fact('DM_UUID'),
        fact('DM_VG_NAME'),
        fact('DM_LV_NAME'),
        fact('DM_LV_LAYER'),
      )
  }
  if (fact('ID_ATA') === '') return
  for (const [key, name, help] of ATA) {
    const text = fact(key)
    if (text !== '') page.gauge(name, help, DEVICE).add(parseFloat64(text), device)
  }
}

/** What the device manager has found out, in one file per device: lines `E:KEY=value`. */
class UdevFacts {
  readonly #deps: CollectorDeps
  readonly #isThere: boolean

  constructor(deps: CollectorDeps) {
    this.#deps = deps
    this.#isThere = deps.files.statSync(deps.udevPath)?.isDirectory ?? false
    if (!this.#isThere) {
      deps.log.error('Failed to open directory, disabling udev device properties', {
        path: deps.udevPath,
      })
    }
  }

  read(major: number, minor: number): ReadonlyMap<string, string> {
    const facts = new Map<string, string>()
    if (!this.#isThere) return facts
    const { files, udevPath, log } = this.#deps
    try {
      const text = files.readTextSync(`${udevPath.replace(/\/$/, '')}/b${major}:${minor}`)
      for (const line of splitLines(text)) {
        const at = line.indexOf('=')
        if (line.startsWith('E:') && at > 0) facts.set(line.slice(2, at), line.slice(at + 1))
      }
    } catch (err) {
      log.debug('Failed to parse udev info', { err: goErrorText(err) })
    }
    return facts
  }
}

const DEVICE = ['device']
const INFO = [
  ...DEVICE,
  'major',
  'minor',
  'path',
  'wwn',
  'model',
  'serial',
  'revision',
  'rotational',
]
const FILESYSTEM = [...DEVICE, 'type', 'usage', 'uuid', 'version']
const MAPPER = [...DEVICE, 'name', 'uuid', 'vg_name', 'lv_name', 'lv_layer']
const ATA = [
  ['ID_ATA_WRITE_CACHE', 'node_disk_ata_write_cache', 'ATA disk has a write cache.'],
  [
    'ID_ATA_WRITE_CACHE_ENABLED',
    'node_disk_ata_write_cache_enabled',
    'ATA disk has its write cache enabled.',
  ],
  [
    'ID_ATA_ROTATION_RATE_RPM',
    'node_disk_ata_rotation_rate_rpm',
    'ATA disk rotation rate in RPMs (0 for SSDs).',
  ],
] as const
