/** Routes, from the kernel's answer to RTM_GETROUTE; numbers are those of linux/rtnetlink.h. */
import type { SystemFacts } from '../collector.ts'
import { shortenV6 } from './ipvs.ts'
import { dumpNetlink, NETLINK_ROUTE, parseAttributes } from './netlink.ts'
import { readLinkNames } from './rtnetlink-link.ts'

const RTM_GETROUTE = 26
const HEADER_BYTES = 12
const RTN_UNICAST = 1
const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RTA_PREFSRC = 7
const RTA_MULTIPATH = 9
const NEXT_HOP_BYTES = 8

const PROTOCOLS = new Map([
  [0, 'unspec'],
  [1, 'redirect'],
  [2, 'kernel'],
  [3, 'boot'],
  [4, 'static'],
  [8, 'gated'],
  [9, 'ra'],
  [10, 'mrt'],
  [11, 'zebra'],
  [12, 'bird'],
  [13, 'dnrouted'],
  [14, 'xorp'],
  [15, 'ntk'],
  [16, 'dhcp'],
  [17, 'mrouted'],
  [42, 'babel'],
  [186, 'bgp'],
  [187, 'isis'],
  [188, 'ospf'],
  [189, 'rip'],
  [192, 'eigrp'],
])

export interface Route {
  readonly device: string
  readonly source: string
  readonly destination: string
  readonly gateway: string
  readonly priority: number
  readonly protocol: string
  /** Only of routes with several ways. */
  readonly weight: string
  readonly isUnicast: boolean
}

export function readRoutes(system: SystemFacts): Route[] {
  const names = readLinkNames(system)
  return dumpNetlink(system, NETLINK_ROUTE, RTM_GETROUTE, Buffer.alloc(HEADER_BYTES)).flatMap(
    ({ payload }) => (payload.length < HEADER_BYTES ? [] : parseRoute(payload, names)),
  )
}

function parseRoute(payload: Buffer, names: ReadonlyMap<number, string>): Route[] {
  const prefixLength = payload.readUInt8(1)
  const attributes = parseAttributes(payload, HEADER_BYTES)
  const destination = attributes.get(RTA_DST)
  const shared = {
    source: printAddress(attributes.get(RTA_PREFSRC)),
    destination: prefixLength === 0 ? 'default' : `${printAddress(destination)}/${prefixLength}`,
    priority: attributes.get(RTA_PRIORITY)?.readUInt32LE(0) ?? 0,
    protocol: PROTOCOLS.get(payload.readUInt8(5)) ?? 'unknown',
    isUnicast: payload.readUInt8(7) === RTN_UNICAST,
  }
  const hops = attributes.get(RTA_MULTIPATH)
  if (hops) return parseHops(hops, names).map((hop) => ({ ...shared, ...hop }))
  const index = attributes.get(RTA_OIF)?.readInt32LE(0)
  const device = index === undefined ? undefined : names.get(index)
  if (device === undefined) return []
  return [{ ...shared, device, gateway: printAddress(attributes.get(RTA_GATEWAY)), weight: '' }]
}

function parseHops(bytes: Buffer, names: ReadonlyMap<number, string>) {
  const hops: { device: string; gateway: string; weight: string }[] = []
  for (let at = 0; at + NEXT_HOP_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < NEXT_HOP_BYTES || at + length > bytes.length) break
    const attributes = parseAttributes(bytes.subarray(at, at + length), NEXT_HOP_BYTES)
    hops.push({
      device: names.get(bytes.readInt32LE(at + 4)) ?? '',
      gateway: printAddress(attributes.get(RTA_GATEWAY)),
      weight: String(bytes.readUInt8(at + 3) + 1),
    })
    at += (length + 3) & ~3
  }
  return hops
}

function printAddress(bytes: Buffer | undefined): string {
  if (!bytes) return ''
  if (bytes.length === 4) return [...bytes].join('.')
  if (bytes.length !== 16) return ''
  const groups = Array.from({ length: 8 }, (_, i) => bytes.toString('hex', i * 2, i * 2 + 2))
  return shortenV6(groups.join(':'))
}
