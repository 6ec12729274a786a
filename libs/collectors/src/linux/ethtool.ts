import { type CollectorDeps, defineCollector, NoDataError } from '../collector.ts'
import { chooseFilter, searchPattern } from '../filter-flags.ts'
import { errorCode, type KernelFiles } from '../kernel-files.ts'
import type { Page } from '../page.ts'
import {
  EthtoolError,
  type LinkSettings,
  readDriver,
  readSettings,
  readStats,
} from './ethtool-facts.ts'

const EOPNOTSUPP = 95

export const ethtool = defineCollector({
  name: 'ethtool',
  isDefault: false,
  flags: [
    {
      name: 'collector.ethtool.device-include',
      kind: 'string',
      help: 'Regexp of ethtool devices to include (mutually exclusive to device-exclude).',
    },
    {
      name: 'collector.ethtool.device-exclude',
      kind: 'string',
      help: 'Regexp of ethtool devices to exclude (mutually exclusive to device-include).',
    },
    {
      name: 'collector.ethtool.metrics-include',
      kind: 'string',
      fallback: '.*',
      help: 'Regexp of ethtool stats to include.',
    },
  ],
  create: (deps) => {
    const { sys, flags, log, system } = deps
    const devices = chooseFilter(deps, {
      exclude: 'collector.ethtool.device-exclude',
      include: 'collector.ethtool.device-include',
      isBothAllowed: true,
    })
    const wanted = searchPattern(flags, 'collector.ethtool.metrics-include')
    return (page) => {
      const { kernel } = system
      if (!kernel) throw new NoDataError('drivers cannot be asked on this platform')
      for (const device of listDevices(sys)) {
        if (devices.ignores(device)) continue
        attempt(log, device, 'link', () => addSettings(page, device, readSettings(kernel, device)))
        attempt(log, device, 'driver', () => {
          const facts = readDriver(kernel, device)
          page
            .gauge('node_ethtool_info', INFO_HELP, INFO)
            .add(
              1,
              facts.busInfo,
              device,
              facts.driver,
              facts.romVersion,
              facts.firmwareVersion,
              facts.version,
            )
        })
        attempt(log, device, 'statistics', () => {
          addStats(page, device, readStats(kernel, device), (name) => wanted.matches(name), log)
        })
      }
    }
  },
})

function listDevices(sys: KernelFiles): string[] {
  try {
    return sys.list('class/net').filter((device) => sys.isFolder(`class/net/${device}`))
  } catch (err) {
    if (errorCode(err) === 'ENOENT' || errorCode(err) === 'EACCES') throw new NoDataError(err)
    throw err
  }
}

/** A driver that does not know a question is no news. */
function attempt(log: CollectorDeps['log'], device: string, what: string, ask: () => void): void {
  try {
    ask()
  } catch (err) {
    if (!(err instanceof EthtoolError)) throw err
    const fields = { err, device, errno: err.errno }
    if (err.errno === EOPNOTSUPP) log.debug(`ethtool ${what} info error`, fields)
    else log.error(`ethtool ${what} info error`, fields)
  }
}

/** Every counter of a driver under its name, whole words spelled out; names that come out equal are both dropped. */
function addStats(
  page: Page,
  device: string,
  stats: ReadonlyMap<string, number>,
  isWanted: (name: string) => boolean,
  log: CollectorDeps['log'],
): void {
  const byName = new Map<string, string | undefined>()
  for (const stat of stats.keys()) {
    const name = stat.replace(/_*[^0-9A-Za-z_]+_*/g, '_')
    if (!isWanted(name)) continue
    if (byName.has(name)) log.debug('dropping duplicate metric name', { device, metric: name })
    byName.set(name, byName.has(name) ? undefined : stat)
  }
  for (const [name, stat] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (stat === undefined) continue
    const [metric, help] = KNOWN[name] ?? [metricName(name), `Network interface ${name}`]
    page.untyped(metric, help, DEVICE).add(stats.get(stat) ?? 0, device)
  }
}

function metricName(stat: string): string {
  const name = stat
    .toLowerCase()
    .replace(/^_+/, '')
    .replace(/(^|_)rx(_|$)/g, '$1received$2')
    .replace(/(^|_)tx(_|$)/g, '$1transmitted$2')
  return `node_ethtool_${name}`
}

const KNOWN: Readonly<Record<string, readonly [name: string, help: string]>> = {
  rx_bytes: ['node_ethtool_received_bytes_total', 'Network interface bytes received'],
  rx_dropped: ['node_ethtool_received_dropped_total', 'Number of received frames dropped'],
  rx_errors: ['node_ethtool_received_errors_total', 'Number of received frames with errors'],
  rx_packets: ['node_ethtool_received_packets_total', 'Network interface packets received'],
  tx_bytes: ['node_ethtool_transmitted_bytes_total', 'Network interface bytes sent'],
  tx_errors: ['node_ethtool_transmitted_errors_total', 'Number of sent frames with errors'],
  tx_packets: ['node_ethtool_transmitted_packets_total', 'Network interface packets sent'],
}

function addSettings(page: Page, device: string, settings: LinkSettings): void {
  const { supported, advertised } = settings
  const has = (modes: number, bit: number) => (modes >>> bit) & 1
  for (const [bit, type] of PORTS) {
    if (!has(supported, bit)) continue
    page
      .gauge('node_network_supported_port_info', PORT_HELP, ['device', 'type'])
      .add(1, device, type)
  }
  for (const [bit, speed, duplex, kind] of MODES) {
    const bytes = (speed * 1e6) / 8
    const mode = `${speed}base${kind}`
    if (has(supported, bit)) {
      page
        .gauge('node_network_supported_speed_bytes', SUPPORTED_HELP, SPEED)
        .add(bytes, device, duplex, mode)
    }
    if (has(advertised, bit)) {
      page
        .gauge('node_network_advertised_speed_bytes', ADVERTISED_HELP, SPEED)
        .add(bytes, device, duplex, mode)
    }
  }
  for (const [name, help, modes, bit] of [
    [
      'node_network_autonegotiate_supported',
      'If this port device supports autonegotiate',
      supported,
      6,
    ],
    [
      'node_network_autonegotiate_advertised',
      'If this port device offers autonegotiate',
      advertised,
      6,
    ],
    ['node_network_pause_supported', 'If this port device supports pause frames', supported, 13],
    [
      'node_network_pause_advertised',
      'If this port device offers pause capability',
      advertised,
      13,
    ],
    [
      'node_network_asymmetricpause_supported',
      'If this port device supports asymmetric pause frames',
      supported,
      14,
    ],
    [
      'node_network_asymmetricpause_advertised',
      'If this port device offers asymmetric pause capability',
      advertised,
      14,
    ],
  ] as const) {
    page.gauge(name, help, DEVICE).add(has(modes, bit), device)
  }
  page
    .gauge('node_network_autonegotiate', 'If this port is using autonegotiate', DEVICE)
    .add(settings.isAutonegotiating ? 1 : 0, device)
}

const DEVICE = ['device']
const SPEED = ['device', 'duplex', 'mode']
const INFO = [
  'bus_info',
  'device',
  'driver',
  'expansion_rom_version',
  'firmware_version',
  'version',
]
const INFO_HELP =
  "A metric with a constant '1' value labeled by bus_info, device, driver, expansion_rom_version, firmware_version, version."
const PORT_HELP = 'Type of ports or PHYs supported by network device'
const SUPPORTED_HELP = 'Combination of speeds and features supported by network device'
const ADVERTISED_HELP = 'Combination of speeds and features offered by network device'

/** Bits of the kernel's link modes: kinds of ports. */
const PORTS: readonly (readonly [bit: number, type: string])[] = [
  [7, 'TP'],
  [8, 'AUI'],
  [9, 'MII'],
  [10, 'FIBRE'],
  [11, 'BNC'],
  [16, 'Backplane'],
]

/** Bits of the kernel's link modes: megabits per second, and what carries them. */
const MODES: readonly (readonly [bit: number, speed: number, duplex: string, kind: string])[] = [
  [0, 10, 'half', 'T'],
  [1, 10, 'full', 'T'],
  [2, 100, 'half', 'T'],
  [3, 100, 'full', 'T'],
  [4, 1000, 'half', 'T'],
  [5, 1000, 'full', 'T'],
  [12, 10000, 'full', 'T'],
  [15, 2500, 'full', 'X'],
  [17, 1000, 'full', 'KX'],
  [18, 10000, 'full', 'KX4'],
  [19, 10000, 'full', 'KR'],
  [20, 10000, 'full', 'R_FEC'],
  [21, 20000, 'full', 'MLD2'],
  [22, 20000, 'full', 'KR2'],
  [23, 40000, 'full', 'KR4'],
  [24, 40000, 'full', 'CR4'],
  [25, 40000, 'full', 'SR4'],
  [26, 40000, 'full', 'LR4'],
  [27, 56000, 'full', 'KR4'],
  [28, 56000, 'full', 'CR4'],
  [29, 56000, 'full', 'SR4'],
  [30, 56000, 'full', 'LR4'],
  [31, 25000, 'full', 'CR'],
]
