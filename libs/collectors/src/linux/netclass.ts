import { defineCollector, NoDataError } from '../collector.ts'
import { searchPattern } from '../filter-flags.ts'
import { errorCode, type KernelFiles } from '../kernel-files.ts'
import type { Page } from '../page.ts'
import { addAttributes, numberOf } from './netclass-attributes.ts'
import { createLinkClass } from './netclass-links.ts'

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
  create: (deps) => {
    const { sys, flags, log } = deps
    const ignored = searchPattern(flags, 'collector.netclass.ignored-devices')
    const dropsInvalidSpeed = flags.boolean('collector.netclass.ignore-invalid-speed')
    if (flags.boolean('collector.netclass.netlink')) return createLinkClass(deps)
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

  addAttributes(page, device, (file) => (file === 'flags' ? flags : text(file)), dropsInvalidSpeed)
}

function adminState(flags: string | undefined): string {
  const number = numberOf(flags)
  if (number === undefined) return 'unknown'
  return number & 1 ? 'up' : 'down'
}

const DEVICE = ['device']
const INFO = ['device', 'address', 'broadcast', 'duplex', 'operstate', 'adminstate', 'ifalias']
