/** Network devices, from the kernel's answer to RTM_GETLINK. */
import type { SystemFacts } from '../collector.ts'
import { dumpNetlink, listAttributes, NETLINK_ROUTE, parseAttributes, textOf } from './netlink.ts'

const RTM_GETLINK = 18
const HEADER_BYTES = 16
const IFLA_IFNAME = 3

const IFLA_PROP_LIST = 52
const IFLA_ALT_IFNAME = 53

const IFLA_OPERSTATE = 16
const IFLA_CARRIER = 33
const OPERSTATE_DORMANT = 5

export interface Link {
  readonly device: string
  readonly flags: number
  readonly isDormant: boolean
  /** Undefined where the kernel does not say. */
  readonly carrier: number | undefined
  /** Further names it goes by. */
  readonly altNames: readonly string[]
}

/** Devices by their index. */
export function readLinks(system: SystemFacts): Map<number, Link> {
  const links = new Map<number, Link>()
  const messages = dumpNetlink(system, NETLINK_ROUTE, RTM_GETLINK, Buffer.alloc(HEADER_BYTES))
  for (const { payload } of messages) {
    if (payload.length < HEADER_BYTES) continue
    const attributes = parseAttributes(payload, HEADER_BYTES)
    const list = attributes.get(IFLA_PROP_LIST)
    const altNames = list ? listAttributes(list, IFLA_ALT_IFNAME).map(textOf) : []
    links.set(payload.readInt32LE(4), {
      device: textOf(attributes.get(IFLA_IFNAME)),
      flags: payload.readUInt32LE(8),
      isDormant: attributes.get(IFLA_OPERSTATE)?.[0] === OPERSTATE_DORMANT,
      carrier: attributes.get(IFLA_CARRIER)?.[0],
      altNames,
    })
  }
  return links
}

/** Names of devices by their index. */
export function readLinkNames(system: SystemFacts): Map<number, string> {
  return new Map([...readLinks(system)].map(([index, { device }]) => [index, device]))
}
