import { defineCollector, NoDataError } from '../collector.ts'
import { searchPattern } from '../filter-flags.ts'
import { errorCode, type KernelFiles } from '../kernel-files.ts'
import { signedOrUndefined } from '../kernel-number.ts'
import type { Page } from '../page.ts'

export const netclass = defineCollector({
  name: 'netclass',
  isDefault: true,
  flags: [
    {
      name: 'collector.netclass.ignored-devices',
      kind: 'string',
      fallback: '^$',
      help: 'Regexp of net devices to ignore for netclass collector.',
    },
    {
      name: 'collector.netclass.ignore-invalid-speed',
      kind: 'boolean',
      fallback: 'false',
      help: 'Ignore devices where the speed is invalid. This will be the default behavior in 2.x.',
    },
    {
      name: 'collector.netclass.netlink',
      kind: 'boolean',
      fallback: 'false',
      help: 'Use netlink to gather stats instead of /proc/net/dev.',
    },
    {
      name: 'collector.netclass_rtnl.with-stats',
      kind: 'boolean',
      fallback: 'false',
      help: 'Expose the statistics for each network device, replacing netdev collector.',
    },
  ],
  create: ({ sys, flags, log }) => {
    const ignored = searchPattern(flags, 'collector.netclass.ignored-devices')
    const dropsInvalidSpeed = flags.boolean('collector.netclass.ignore-invalid-speed')
    if (flags.boolean('collector.netclass.netlink')) {
      throw new Error(
        '--collector.netclass.netlink is not supported; the same facts are read from sysfs',
      )
    }
    return (page) => {
      const devices = listDevices(sys)
      for (const device of devices) {
        if (ignored.matches(device)) continue
        if (!sys.isFolder(`class/net/${device}`)) {
          log.debug('Not a device', { device })
          continue
        }
        addDevice(page, sys, device, dropsInvalidSpeed)
      }
    }
  },
})

function listDevices(sys: KernelFiles): string[] {
  try {
    return sys.list('class/net')
  } catch (err) {
    if (errorCode(err) === 'ENOENT' || errorCode(err) === 'EACCES') throw new NoDataError(err)
    throw err
  }
}

function addDevice(page: Page, sys: KernelFiles, device: string, dropsInvalidSpeed: boolean): void {
  const folder = `class/net/${device}`
  const files = new Set(sys.list(folder))
  const text = (name: string) =>
    files.has(name) ? sys.attributeIfThere(`${folder}/${name}`) : undefined

  const operstate = text('operstate') ?? ''
  const flags = text('flags')
  page
    .gauge('node_network_up', "Value is 1 if operstate is 'up', 0 otherwise.", DEVICE)
    .add(operstate === 'up' ? 1 : 0, device)
  page
    .gauge(
      'node_network_info',
      'Non-numeric data from /sys/class/net/<iface>, value is always 1.',
      INFO,
    )
    .add(
      1,
      device,
      text('address') ?? '',
      text('broadcast') ?? '',
      text('duplex') ?? '',
      operstate,
      adminState(flags),
      text('ifalias') ?? '',
    )

  for (const [file, name, isCounter] of ATTRIBUTES) {
    const number = numberOf(file === 'flags' ? flags : text(file))
    if (number === undefined) continue
    const help = `Network device property: ${name.slice('node_network_'.length)}`
    const samples = isCounter ? page.counter(name, help, DEVICE) : page.gauge(name, help, DEVICE)
    if (file !== 'speed') samples.add(number, device)
    // Some devices say -1 Mbit/s for "unknown".
    else if (number >= 0 || !dropsInvalidSpeed) samples.add((number * 1000 * 1000) / 8, device)
  }
}

function adminState(flags: string | undefined): string {
  const number = numberOf(flags)
  if (number === undefined) return 'unknown'
  return number & 1 ? 'up' : 'down'
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^0x[0-9a-fA-F]+$/.test(text) ? Number(text) : signedOrUndefined(text)
}

const DEVICE = ['device']
const INFO = ['device', 'address', 'broadcast', 'duplex', 'operstate', 'adminstate', 'ifalias']
const ATTRIBUTES: readonly (readonly [file: string, name: string, isCounter?: boolean])[] = [
  ['addr_assign_type', 'node_network_address_assign_type'],
  ['carrier', 'node_network_carrier'],
  ['carrier_changes', 'node_network_carrier_changes_total', true],
  ['carrier_up_count', 'node_network_carrier_up_changes_total', true],
  ['carrier_down_count', 'node_network_carrier_down_changes_total', true],
  ['dev_id', 'node_network_device_id'],
  ['dormant', 'node_network_dormant'],
  ['flags', 'node_network_flags'],
  ['ifindex', 'node_network_iface_id'],
  ['iflink', 'node_network_iface_link'],
  ['link_mode', 'node_network_iface_link_mode'],
  ['mtu', 'node_network_mtu_bytes'],
  ['name_assign_type', 'node_network_name_assign_type'],
  ['netdev_group', 'node_network_net_dev_group'],
  ['speed', 'node_network_speed_bytes'],
  ['tx_queue_len', 'node_network_transmit_queue_length'],
  ['type', 'node_network_protocol_type'],
]
