/** The class of network devices with `--collector.netclass.netlink`: links, alternative names, and speeds as drivers tell. */
import type { Collect, CollectorDeps, SystemFacts } from '../collector.ts'
import { searchPattern } from '../filter-flags.ts'
import { findFamily, GENERIC_HEADER_BYTES, genericHeader } from './generic-netlink.ts'
import { addAttributes } from './netclass-attributes.ts'
import { readStatistics } from './netdev.ts'
import { dumpNetlink, NETLINK_GENERIC, parseAttributes, printAttribute, textOf } from './netlink.ts'
import { readLinks } from './rtnetlink-link.ts'

const CMD_LINKMODES_GET = 4
const ATTR_HEADER = 1
const ATTR_HEADER_NAME = 2
const ATTR_SPEED = 5
const ATTR_DUPLEX = 6
const NESTED = 0x8000
const DUPLEXES = ['Half', 'Full']

export function createLinkClass({ flags, own, system, log }: CollectorDeps): Collect {
  const ignored = searchPattern(flags, 'collector.netclass.ignored-devices')
  const dropsInvalidSpeed = flags.boolean('collector.netclass.ignore-invalid-speed')
  const hasStatistics = flags.boolean('collector.netclass_rtnl.with-stats')
  return (page) => {
    const links = readLinks(system)
    const modes = linkModes(system, log)
    for (const link of links.values()) {
      const { device, altNames, carrier } = link
      if (ignored.matches(device)) continue
      const folder = `class/net/${device}`
      const text = (name: string) => own.sys.attributeIfThere(`${folder}/${name}`)
      const operstate = text('operstate') ?? ''
      const mode = modes.get(device)
      page
        .gauge('node_network_up', "Value is 1 if operstate is 'up', 0 otherwise.", DEVICE)
        .add(operstate === 'up' ? 1 : 0, device)
      page
        .gauge('node_network_info', INFO_HELP, INFO)
        .add(
          1,
          device,
          text('address') ?? '',
          text('broadcast') ?? '',
          mode?.duplex ?? '',
          operstate,
          text('ifalias') ?? '',
        )
      for (const name of altNames) {
        page.gauge('node_network_altnames_info', ALTNAMES_HELP, ALTNAMES).add(1, name, device)
      }
      const told: Readonly<Record<string, number | undefined>> = {
        speed: mode?.speed,
        flags: link.flags,
        dormant: link.isDormant ? 1 : 0,
        carrier,
      }
      const attribute = (file: string) => (file in told ? told[file]?.toString() : text(file))
      addAttributes(page, device, attribute, dropsInvalidSpeed)
    }
    if (!hasStatistics) return
    const isIgnored = (device: string) => ignored.matches(device)
    for (const [device, counters] of readStatistics(own.sys, own.proc, isIgnored)) {
      for (const [key, value] of counters) {
        const help = `Network device property: ${key}_total`
        // Compat: gauges, whatever their names say.
        page.gauge(`node_network_${key}_total`, help, DEVICE).add(value, device)
      }
    }
  }
}

/** Speed in Mbit/s and duplex of the devices whose drivers know them. */
function linkModes(
  system: SystemFacts,
  log: CollectorDeps['log'],
): Map<string, { readonly speed: number | undefined; readonly duplex: string }> {
  const modes = new Map<string, { readonly speed: number | undefined; readonly duplex: string }>()
  try {
    const family = findFamily(system, 'ethtool')
    const header = printAttribute(ATTR_HEADER | NESTED, Buffer.alloc(0))
    const request = Buffer.concat([genericHeader(CMD_LINKMODES_GET), header])
    for (const { payload } of dumpNetlink(system, NETLINK_GENERIC, family, request)) {
      const attributes = parseAttributes(payload, GENERIC_HEADER_BYTES)
      const about = attributes.get(ATTR_HEADER)
      const device = about && textOf(parseAttributes(about).get(ATTR_HEADER_NAME))
      if (!device) continue
      const speed = attributes.get(ATTR_SPEED)
      const duplex = attributes.get(ATTR_DUPLEX)?.[0]
      modes.set(device, {
        speed: speed && speed.length >= 4 ? speed.readUInt32LE(0) : undefined,
        duplex: duplex === undefined ? '' : (DUPLEXES[duplex] ?? 'Unknown'),
      })
    }
  } catch (err) {
    log.debug('Link modes are not there', { err })
  }
  return modes
}

const DEVICE = ['device']
const INFO = ['device', 'address', 'broadcast', 'duplex', 'operstate', 'ifalias']
const INFO_HELP = 'Non-numeric data of <iface>, value is always 1.'
const ALTNAMES = ['altname', 'device']
const ALTNAMES_HELP = 'Non-numeric data of <iface>, value is always 1.'
