import { defineCollector, NoDataError } from '../collector.ts'
import { parseFloat64, words } from '../kernel-number.ts'

type Row = readonly [name: string, help: string, scale: number, isGauge?: boolean]

const KIBIBYTE = 1024
const NUMBERS: Readonly<Record<string, Row>> = {
  ns: [
    'node_drbd_network_sent_bytes_total',
    'Total number of bytes sent via the network.',
    KIBIBYTE,
  ],
  // Compat: the original forgets the unit here.
  nr: [
    'node_drbd_network_received_bytes_total',
    'Total number of bytes received via the network.',
    1,
  ],
  dw: [
    'node_drbd_disk_written_bytes_total',
    'Net data written on local hard disk; in bytes.',
    KIBIBYTE,
  ],
  dr: [
    'node_drbd_disk_read_bytes_total',
    'Net data read from local hard disk; in bytes.',
    KIBIBYTE,
  ],
  al: [
    'node_drbd_activitylog_writes_total',
    'Number of updates of the activity log area of the meta data.',
    1,
  ],
  bm: [
    'node_drbd_bitmap_writes_total',
    'Number of updates of the bitmap area of the meta data.',
    1,
  ],
  lo: ['node_drbd_local_pending', 'Number of open requests to the local I/O sub-system.', 1, true],
  pe: [
    'node_drbd_remote_pending',
    'Number of requests sent to the peer, but that have not yet been answered by the latter.',
    1,
    true,
  ],
  ua: [
    'node_drbd_remote_unacknowledged',
    'Number of requests received by the peer via the network connection, but that have not yet been answered.',
    1,
    true,
  ],
  ap: [
    'node_drbd_application_pending',
    'Number of block I/O requests forwarded to DRBD, but not yet answered by DRBD.',
    1,
    true,
  ],
  ep: ['node_drbd_epochs', 'Number of Epochs currently on the fly.', 1, true],
  oos: [
    'node_drbd_out_of_sync_bytes',
    'Amount of data known to be out of sync; in bytes.',
    KIBIBYTE,
    true,
  ],
}

/** `local/remote` pairs: which value means yes. */
const PAIRS: Readonly<Record<string, readonly [name: string, help: string, yes: string]>> = {
  ro: [
    'node_drbd_node_role_is_primary',
    'Whether the role of the node is in the primary state.',
    'Primary',
  ],
  ds: [
    'node_drbd_disk_state_is_up_to_date',
    'Whether the disk of the node is up to date.',
    'UpToDate',
  ],
}

export const drbd = defineCollector({
  name: 'drbd',
  isDefault: false,
  create:
    ({ proc, log }) =>
    (page) => {
      const text = proc.textIfThere('drbd')
      if (text === undefined) {
        log.debug('stats file does not exist, skipping', { file: proc.path('drbd') })
        throw new NoDataError()
      }
      let device = 'unknown'
      for (const word of words(text)) {
        const at = word.indexOf(':')
        if (at < 0) continue
        const key = word.slice(0, at)
        const value = word.slice(at + 1)
        if (value === '' && /^\d+$/.test(key)) {
          device = `drbd${key}`
          continue
        }
        const number = NUMBERS[key]
        const pair = PAIRS[key]
        if (number) {
          const [name, help, scale, isGauge] = number
          const samples = isGauge
            ? page.gauge(name, help, DEVICE)
            : page.counter(name, help, DEVICE)
          samples.add(parseFloat64(value) * scale, device)
        } else if (pair) {
          const [name, help, yes] = pair
          const samples = page.gauge(name, help, ['device', 'node'])
          const [local, remote] = value.split('/')
          samples.add(local === yes ? 1 : 0, device, 'local')
          samples.add(remote === yes ? 1 : 0, device, 'remote')
        } else if (key === 'cs') {
          page
            .gauge('node_drbd_connected', 'Whether DRBD is connected to the peer.', DEVICE)
            .add(value === 'Connected' ? 1 : 0, device)
        }
      }
    },
})

const DEVICE = ['device']
