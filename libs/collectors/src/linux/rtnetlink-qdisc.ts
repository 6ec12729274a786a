/** Queueing disciplines, from the kernel's answer to RTM_GETQDISC. */
import type { SystemFacts } from '../collector.ts'
import { dumpNetlink, NETLINK_ROUTE, parseAttributes, textOf } from './netlink.ts'
import { readLinkNames } from './rtnetlink-link.ts'

const RTM_GETQDISC = 38
const HEADER_BYTES = 20
const TCA_KIND = 1
const TCA_STATS = 3
const TCA_STATS2 = 7
/** Inside TCA_STATS2. */
const STATS_BASIC = 1
const STATS_QUEUE = 3

export interface Qdisc {
  readonly device: string
  readonly kind: string
  /** 0 for those that hang on a device itself. */
  readonly parent: number
  readonly bytes: number
  readonly packets: number
  readonly drops: number
  readonly requeues: number
  readonly overlimits: number
  readonly queueLength: number
  readonly backlog: number
}

const TC_H_ROOT = 0xffffffff

export function readQdiscs(system: SystemFacts): Qdisc[] {
  const names = readLinkNames(system)
  const messages = dumpNetlink(system, NETLINK_ROUTE, RTM_GETQDISC, Buffer.alloc(HEADER_BYTES))
  return messages.flatMap(({ payload }) => {
    if (payload.length < HEADER_BYTES) return []
    const device = names.get(payload.readInt32LE(4))
    if (device === undefined) return []
    const parent = payload.readUInt32LE(12)
    const attributes = parseAttributes(payload, HEADER_BYTES)
    return [
      {
        device,
        kind: textOf(attributes.get(TCA_KIND)),
        parent: parent === TC_H_ROOT ? 0 : parent,
        ...parseStats(attributes),
      },
    ]
  })
}

function parseStats(attributes: ReadonlyMap<number, Buffer>) {
  const nested = attributes.get(TCA_STATS2)
  const old = attributes.get(TCA_STATS)
  const inner = nested ? parseAttributes(nested) : undefined
  const basic = inner?.get(STATS_BASIC)
  const queue = inner?.get(STATS_QUEUE)
  if (basic && basic.length >= 12 && queue && queue.length >= 20) {
    return {
      bytes: Number(basic.readBigUInt64LE(0)),
      packets: basic.readUInt32LE(8),
      queueLength: queue.readUInt32LE(0),
      backlog: queue.readUInt32LE(4),
      drops: queue.readUInt32LE(8),
      requeues: queue.readUInt32LE(12),
      overlimits: queue.readUInt32LE(16),
    }
  }
  if (old && old.length >= 36) {
    return {
      bytes: Number(old.readBigUInt64LE(0)),
      packets: old.readUInt32LE(8),
      drops: old.readUInt32LE(12),
      overlimits: old.readUInt32LE(16),
      queueLength: old.readUInt32LE(28),
      backlog: old.readUInt32LE(32),
      requeues: 0,
    }
  }
  return { bytes: 0, packets: 0, drops: 0, requeues: 0, overlimits: 0, queueLength: 0, backlog: 0 }
}
