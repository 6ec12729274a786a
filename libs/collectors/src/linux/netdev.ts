import { type CollectorDeps, defineCollector } from '../collector.ts'
import { chooseFilter } from '../filter-flags.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { parseUnsigned, unsignedOrUndefined } from '../kernel-number.ts'
import { addAddresses } from './net-addresses.ts'
import { type DeviceCounters, readNetDev } from './proc-net-dev.ts'

export const netdev = defineCollector({
  name: 'netdev',
  isDefault: true,
  flags: [
    {
      name: 'collector.netdev.device-include',
      kind: 'string',
      help: 'Regexp of net devices to include (mutually exclusive to device-exclude).',
    },
    {
      name: 'collector.netdev.device-exclude',
      kind: 'string',
      help: 'Regexp of net devices to exclude (mutually exclusive to device-include).',
    },
    {
      name: 'collector.netdev.device-whitelist',
      kind: 'string',
      isHidden: true,
      help: 'DEPRECATED: Use collector.netdev.device-include',
    },
    {
      name: 'collector.netdev.device-blacklist',
      kind: 'string',
      isHidden: true,
      help: 'DEPRECATED: Use collector.netdev.device-exclude',
    },
    {
      name: 'collector.netdev.address-info',
      kind: 'boolean',
      fallback: 'false',
      help: 'Collect address-info for every device',
    },
    {
      name: 'collector.netdev.enable-detailed-metrics',
      kind: 'boolean',
      fallback: 'false',
      help: 'Use (incompatible) metric names that provide more detailed stats on Linux',
    },
    {
      name: 'collector.netdev.netlink',
      kind: 'boolean',
      fallback: 'true',
      help: 'Use netlink to gather stats instead of /proc/net/dev.',
    },
    {
      name: 'collector.netdev.label-ifalias',
      kind: 'boolean',
      fallback: 'false',
      help: 'Add ifAlias label',
    },
  ],
  create: (deps) => {
    const { flags, sys, log } = deps
    const devices = chooseFilter(deps, {
      exclude: 'collector.netdev.device-exclude',
      include: 'collector.netdev.device-include',
      oldExclude: 'collector.netdev.device-blacklist',
      oldInclude: 'collector.netdev.device-whitelist',
      conflict: 'device-exclude & device-include are mutually exclusive',
      isLogged: true,
    })
    const read = countersReader(deps)
    const hasAlias = flags.boolean('collector.netdev.label-ifalias')
    const hasAddresses = flags.boolean('collector.netdev.address-info')
    const isIgnored = (device: string) => {
      if (!devices.ignores(device)) return false
      log.debug('Ignoring device', { device })
      return true
    }
    return (page) => {
      for (const [device, counters] of read(isIgnored)) {
        const labels = [device]
        if (hasAlias) labels.push(sys.attributeIfThere(`class/net/${device}/ifalias`) ?? '')
        for (const [key, value] of counters) {
          page
            .counter(
              `node_network_${key}_total`,
              `Network device statistic ${key}.`,
              hasAlias ? DEVICE_ALIAS : DEVICE,
            )
            .add(value, ...labels)
        }
      }
      if (hasAddresses) addAddresses(page, deps, isIgnored)
    }
  },
})

type Reader = (isIgnored: (device: string) => boolean) => ReadonlyMap<string, DeviceCounters>

/**
 * Where the counters come from. The kernel's /proc/net/dev has the sums under which the default names are known;
 * each counter by itself is in sysfs.
 */
function countersReader({ flags, proc, own }: CollectorDeps): Reader {
  const isDetailed = flags.boolean('collector.netdev.enable-detailed-metrics')
  if (!flags.boolean('collector.netdev.netlink')) {
    return (isIgnored) =>
      renamed(readNetDev(proc.text('net/dev'), isIgnored), isDetailed ? FILE : SHORT)
  }
  if (isDetailed) return (isIgnored) => readStatistics(own.sys, own.proc, isIgnored)
  return (isIgnored) => {
    const devices = renamed(readNetDev(own.proc.text('net/dev'), isIgnored), SHORT)
    for (const [device, counters] of devices) {
      const path = `class/net/${device}/statistics/rx_nohandler`
      const lost = unsignedOrUndefined(own.sys.attributeIfThere(path))
      if (lost !== undefined) counters.set('receive_nohandler', lost)
    }
    return devices
  }
}

/** The names of the columns of /proc/net/dev, as exported by default and with detailed metrics. */
const SHORT = new Map([
  ['receive_errors', 'receive_errs'],
  ['receive_dropped', 'receive_drop'],
  ['transmit_errors', 'transmit_errs'],
  ['transmit_dropped', 'transmit_drop'],
])
const FILE = new Map<string, string>()

function renamed(devices: Map<string, DeviceCounters>, names: ReadonlyMap<string, string>) {
  const result = new Map<string, DeviceCounters>()
  for (const [device, counters] of devices) {
    result.set(device, new Map([...counters].map(([key, value]) => [names.get(key) ?? key, value])))
  }
  return result
}

const STATISTICS: readonly (readonly [file: string, key: string])[] = [
  ['rx_packets', 'receive_packets'],
  ['tx_packets', 'transmit_packets'],
  ['rx_bytes', 'receive_bytes'],
  ['tx_bytes', 'transmit_bytes'],
  ['rx_errors', 'receive_errors'],
  ['tx_errors', 'transmit_errors'],
  ['rx_dropped', 'receive_dropped'],
  ['tx_dropped', 'transmit_dropped'],
  ['multicast', 'multicast'],
  ['collisions', 'collisions'],
  ['rx_length_errors', 'receive_length_errors'],
  ['rx_over_errors', 'receive_over_errors'],
  ['rx_crc_errors', 'receive_crc_errors'],
  ['rx_frame_errors', 'receive_frame_errors'],
  ['rx_fifo_errors', 'receive_fifo_errors'],
  ['rx_missed_errors', 'receive_missed_errors'],
  ['tx_aborted_errors', 'transmit_aborted_errors'],
  ['tx_carrier_errors', 'transmit_carrier_errors'],
  ['tx_fifo_errors', 'transmit_fifo_errors'],
  ['tx_heartbeat_errors', 'transmit_heartbeat_errors'],
  ['tx_window_errors', 'transmit_window_errors'],
  ['rx_compressed', 'receive_compressed'],
  ['tx_compressed', 'transmit_compressed'],
  ['rx_nohandler', 'receive_nohandler'],
]

/** Every counter of every device of our own network namespace. */
export function readStatistics(
  sys: KernelFiles,
  proc: KernelFiles,
  isIgnored: (device: string) => boolean,
): Map<string, DeviceCounters> {
  const devices = readNetDev(proc.text('net/dev'), isIgnored)
  for (const device of devices.keys()) {
    const counters: DeviceCounters = new Map()
    for (const [file, key] of STATISTICS) {
      const text = sys.attributeIfThere(`class/net/${device}/statistics/${file}`)
      if (text !== undefined) counters.set(key, parseUnsigned(text))
    }
    devices.set(device, counters)
  }
  return devices
}

const DEVICE = ['device']
const DEVICE_ALIAS = ['device', 'ifalias']
