/** Network devices, from the kernel's answer to RTM_GETLINK. */
import type { SystemFacts } from '../collector.ts'
import { dumpNetlink, NETLINK_ROUTE, parseAttributes, textOf } from './netlink.ts'

const RTM_GETLINK = 18
const HEADER_BYTES = 16
const IFLA_IFNAME = 3

/** Names of devices by their index. */
export function readLinkNames(system: SystemFacts): Map<number, string> {
  const names = new Map<number, string>()
  const messages = dumpNetlink(system, NETLINK_ROUTE, RTM_GETLINK, Buffer.alloc(HEADER_BYTES))
  for (const { payload } of messages) {
    if (payload.length < HEADER_BYTES) continue
    const attributes = parseAttributes(payload, HEADER_BYTES)
    names.set(payload.readInt32LE(4), textOf(attributes.get(IFLA_IFNAME)))
  }
  return names
}
