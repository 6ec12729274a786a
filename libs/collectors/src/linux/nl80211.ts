/** Wireless interfaces, from the kernel's generic netlink family `nl80211`; numbers are those of linux/nl80211.h. */
import type { SystemFacts } from '../collector.ts'
import { findFamily, GENERIC_HEADER_BYTES, genericHeader } from './generic-netlink.ts'
import { dumpNetlink, NETLINK_GENERIC, parseAttributes, printAttribute, textOf } from './netlink.ts'
import type { WifiInterface, WifiStation } from './wifi-facts.ts'

const CMD_GET_INTERFACE = 5
const CMD_GET_STATION = 17
const CMD_GET_SCAN = 32
const ATTR_IFINDEX = 3
const ATTR_IFNAME = 4
const ATTR_IFTYPE = 5
const ATTR_MAC = 6
const ATTR_STA_INFO = 21
const ATTR_WIPHY_FREQ = 38
const ATTR_BSS = 47
const BSS_BSSID = 1
const BSS_ELEMENTS = 6
const BSS_STATUS = 9
const ELEMENT_SSID = 0

export function readWifi(system: SystemFacts): WifiInterface[] {
  const family = findFamily(system, 'nl80211')
  return dumpNetlink(system, NETLINK_GENERIC, family, genericHeader(CMD_GET_INTERFACE)).map(
    ({ payload }) => {
      const attributes = parseAttributes(payload, GENERIC_HEADER_BYTES)
      const index = attributes.get(ATTR_IFINDEX)
      return {
        name: textOf(attributes.get(ATTR_IFNAME)),
        type: numberOf(attributes.get(ATTR_IFTYPE)),
        frequencyMhz: numberOf(attributes.get(ATTR_WIPHY_FREQ)),
        bss: index && readBss(system, family, index),
        stations: index ? readStations(system, family, index) : [],
      }
    },
  )
}

function readBss(system: SystemFacts, family: number, index: Buffer): WifiInterface['bss'] {
  const request = Buffer.concat([genericHeader(CMD_GET_SCAN), printAttribute(ATTR_IFINDEX, index)])
  for (const { payload } of dumpNetlink(system, NETLINK_GENERIC, family, request)) {
    const bss = parseAttributes(payload, GENERIC_HEADER_BYTES).get(ATTR_BSS)
    const inner = bss && parseAttributes(bss)
    // Only the one we belong to has a status.
    if (!inner?.has(BSS_STATUS)) continue
    return {
      bssid: addressOf(inner.get(BSS_BSSID)),
      ssid: ssidOf(inner.get(BSS_ELEMENTS) ?? Buffer.alloc(0)),
    }
  }
  return undefined
}

/** Elements are a number, a length and as many bytes. */
function ssidOf(elements: Buffer): string {
  for (let at = 0; at + 2 <= elements.length; at += 2 + elements.readUInt8(at + 1)) {
    const end = at + 2 + elements.readUInt8(at + 1)
    if (elements.readUInt8(at) === ELEMENT_SSID) return elements.toString('utf8', at + 2, end)
  }
  return ''
}

function readStations(system: SystemFacts, family: number, index: Buffer): WifiStation[] {
  const request = Buffer.concat([
    genericHeader(CMD_GET_STATION),
    printAttribute(ATTR_IFINDEX, index),
  ])
  return dumpNetlink(system, NETLINK_GENERIC, family, request).flatMap(({ payload }) => {
    const attributes = parseAttributes(payload, GENERIC_HEADER_BYTES)
    const info = attributes.get(ATTR_STA_INFO)
    return info ? [parseStation(addressOf(attributes.get(ATTR_MAC)), parseAttributes(info))] : []
  })
}

function parseStation(address: string, info: ReadonlyMap<number, Buffer>): WifiStation {
  const number = (type: number) => numberOf(info.get(type))
  return {
    address,
    inactiveNs: number(1) * 1e6,
    connectedNs: number(16) * 1e9,
    receivedBytes: number(info.has(23) ? 23 : 2),
    transmittedBytes: number(info.has(24) ? 24 : 3),
    receivedPackets: number(9),
    transmittedPackets: number(10),
    transmitRetries: number(11),
    transmitFailed: number(12),
    beaconLoss: number(18),
    signal: info.get(7)?.readInt8(0) ?? 0,
    transmitBitrate: bitrateOf(info.get(8)),
    receiveBitrate: bitrateOf(info.get(14)),
  }
}

/** In steps of 100 kbit/s; the wider number if the kernel has it. */
function bitrateOf(bytes: Buffer | undefined): number {
  if (!bytes) return 0
  const rates = parseAttributes(bytes)
  return numberOf(rates.get(5) ?? rates.get(1)) * 100_000
}

/** Numbers come in as many bytes as the kernel's header says. */
function numberOf(bytes: Buffer | undefined): number {
  if (!bytes) return 0
  if (bytes.length >= 8) return Number(bytes.readBigUInt64LE(0))
  if (bytes.length >= 4) return bytes.readUInt32LE(0)
  return bytes.length >= 2 ? bytes.readUInt16LE(0) : (bytes[0] ?? 0)
}

function addressOf(bytes: Buffer | undefined): string {
  return [...(bytes ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}
