import { defineCollector, NoDataError } from '../collector.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { parseHex } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const ROOT = 'class/fc_host'
/** All bits set: the driver does not count this. */
const UNSUPPORTED = 'ffffffffffffffff'

const COUNTERS = [
  ['dumped_frames', 'node_fibrechannel_dumped_frames_total', 'Number of dumped frames'],
  ['error_frames', 'node_fibrechannel_error_frames_total', 'Number of errors in frames'],
  [
    'invalid_crc_count',
    'node_fibrechannel_invalid_crc_total',
    'Invalid Cyclic Redundancy Check count',
  ],
  ['rx_frames', 'node_fibrechannel_rx_frames_total', 'Number of frames received'],
  ['rx_words', 'node_fibrechannel_rx_words_total', 'Number of words received by host port'],
  ['tx_frames', 'node_fibrechannel_tx_frames_total', 'Number of frames transmitted by host port'],
  ['tx_words', 'node_fibrechannel_tx_words_total', 'Number of words transmitted by host port'],
  [
    'seconds_since_last_reset',
    'node_fibrechannel_seconds_since_last_reset_total',
    'Number of seconds since last host port reset',
  ],
  [
    'invalid_tx_word_count',
    'node_fibrechannel_invalid_tx_words_total',
    'Number of invalid words transmitted by host port',
  ],
  [
    'link_failure_count',
    'node_fibrechannel_link_failure_total',
    'Number of times the host port link has failed',
  ],
  [
    'loss_of_sync_count',
    'node_fibrechannel_loss_of_sync_total',
    'Number of failures on either bit or transmission word boundaries',
  ],
  [
    'loss_of_signal_count',
    'node_fibrechannel_loss_of_signal_total',
    'Number of times signal has been lost',
  ],
  [
    'nos_count',
    'node_fibrechannel_nos_total',
    'Number Not_Operational Primitive Sequence received by host port',
  ],
  ['fcp_packet_aborts', 'node_fibrechannel_fcp_packet_aborts_total', 'Number of aborted packets'],
] as const

export const fibrechannel = defineCollector({
  name: 'fibrechannel',
  isDefault: true,
  create:
    ({ sys, log }) =>
    (page) => {
      const hosts = sys.listIfThere(ROOT)
      if (hosts === undefined) {
        log.debug('fibrechannel statistics not found, skipping')
        throw new NoDataError()
      }
      for (const host of hosts) addHost(page, sys, `${ROOT}/${host}`, host)
    },
})

function addHost(page: Page, sys: KernelFiles, folder: string, host: string): void {
  const text = (name: string) => sys.attributeIfThere(`${folder}/${name}`) ?? ''
  const id = (name: string) => text(name).replace(/^0x/, '')
  const state = text('port_state')
  page
    .gauge(
      'node_fibrechannel_info',
      'Non-numeric data from /sys/class/fc_host/<host>, value is always 1.',
      INFO,
    )
    .add(
      1,
      host,
      text('speed'),
      state,
      text('port_type'),
      id('port_id'),
      id('port_name'),
      id('fabric_name'),
      text('symbolic_name'),
      text('supported_classes'),
      text('supported_speeds'),
      text('dev_loss_tmo'),
    )
  const isDown = state === '' || state === 'Unknown'
  for (const [file, name, help] of COUNTERS) {
    const samples = page.counter(name, help, HOST)
    if (isDown) {
      samples.add(0, host)
      continue
    }
    const value = sys.attributeIfThere(`${folder}/statistics/${file}`)?.replace(/^0x/, '')
    if (value !== undefined && value !== UNSUPPORTED) samples.add(parseHex(value), host)
  }
}

const HOST = ['fc_host']
const INFO = [
  'fc_host',
  'speed',
  'port_state',
  'port_type',
  'port_id',
  'port_name',
  'fabric_name',
  'symbolic_name',
  'supported_classes',
  'supported_speeds',
  'dev_loss_tmo',
]
