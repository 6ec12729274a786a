/** /proc/net/dev: two header lines, then `device: 8 numbers received, 8 numbers transmitted`. */
import { splitLines } from '../kernel-files.ts'
import { parseUnsigned, words } from '../kernel-number.ts'

export type DeviceCounters = Map<string, number>

const KEYS = [
  'receive_bytes',
  'receive_packets',
  'receive_errors',
  'receive_dropped',
  'receive_fifo',
  'receive_frame',
  'receive_compressed',
  'receive_multicast',
  'transmit_bytes',
  'transmit_packets',
  'transmit_errors',
  'transmit_dropped',
  'transmit_fifo',
  'transmit_colls',
  'transmit_carrier',
  'transmit_compressed',
]

export function readNetDev(
  text: string,
  isIgnored: (device: string) => boolean,
): Map<string, DeviceCounters> {
  const devices = new Map<string, DeviceCounters>()
  for (const line of splitLines(text).slice(2)) {
    const at = line.lastIndexOf(':')
    if (at < 0) throw new Error(`invalid net/dev line, missing colon: ${JSON.stringify(line)}`)
    const device = line.slice(0, at).trim()
    if (device === '') throw new Error('invalid net/dev line, empty interface name')
    if (isIgnored(device)) continue
    const numbers = words(line.slice(at + 1))
    devices.set(device, new Map(KEYS.map((key, i) => [key, parseUnsigned(numbers[i])])))
  }
  return devices
}
