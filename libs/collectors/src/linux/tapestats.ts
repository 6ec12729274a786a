import { defineCollector, NoDataError } from '../collector.ts'
import { searchPattern } from '../filter-flags.ts'
import { parseSigned } from '../kernel-number.ts'

const ROOT = 'class/scsi_tape'

const COLUMNS: readonly (readonly [file: string, name: string, help: string, divisor?: number])[] =
  [
    ['in_flight', 'node_tape_io_now', 'The number of I/Os currently outstanding to this device.'],
    [
      'io_ns',
      'node_tape_io_time_seconds_total',
      'The amount of time spent waiting for all I/O to complete (including read and write). This includes tape movement commands such as seeking between file or set marks and implicit tape movement such as when rewind on close tape devices are used.',
      1e9,
    ],
    [
      'other_cnt',
      'node_tape_io_others_total',
      'The number of I/Os issued to the tape drive other than read or write commands. The time taken to complete these commands uses the following calculation io_time_seconds_total-read_time_seconds_total-write_time_seconds_total',
    ],
    [
      'read_byte_cnt',
      'node_tape_read_bytes_total',
      'The number of bytes read from the tape drive.',
    ],
    [
      'read_cnt',
      'node_tape_reads_completed_total',
      'The number of read requests issued to the tape drive.',
    ],
    [
      'read_ns',
      'node_tape_read_time_seconds_total',
      'The amount of time spent waiting for read requests to complete.',
      1e9,
    ],
    [
      'write_byte_cnt',
      'node_tape_written_bytes_total',
      'The number of bytes written to the tape drive.',
    ],
    [
      'write_cnt',
      'node_tape_writes_completed_total',
      'The number of write requests issued to the tape drive.',
    ],
    [
      'write_ns',
      'node_tape_write_time_seconds_total',
      'The amount of time spent waiting for write requests to complete.',
      1e9,
    ],
    [
      'resid_cnt',
      'node_tape_residual_total',
      'The number of times during a read or write we found the residual amount to be non-zero. This should mean that a program is issuing a read larger thean the block size on tape. For write not all data made it to tape.',
    ],
  ]

export const tapestats = defineCollector({
  name: 'tapestats',
  isDefault: true,
  flags: [
    {
      name: 'collector.tapestats.ignored-devices',
      kind: 'string',
      fallback: '^$',
      help: 'Regexp of devices to ignore for tapestats.',
    },
  ],
  create: ({ sys, flags, log }) => {
    const ignored = searchPattern(flags, 'collector.tapestats.ignored-devices')
    return (page) => {
      const devices = sys.listIfThere(ROOT)
      if (devices === undefined) {
        log.debug('scsi_tape stats not found, skipping')
        throw new NoDataError()
      }
      for (const device of devices) {
        if (!/^st\d+$/.test(device) || ignored.matches(device)) continue
        for (const [file, name, help, divisor = 1] of COLUMNS) {
          const value = parseSigned(sys.attribute(`${ROOT}/${device}/stats/${file}`)) / divisor
          const samples = name.endsWith('_total')
            ? page.counter(name, help, DEVICE)
            : page.gauge(name, help, DEVICE)
          samples.add(value, device)
        }
      }
    }
  },
})

const DEVICE = ['device']
