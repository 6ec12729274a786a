/** What a network driver tells by the ethtool ioctl; layouts and numbers are those of linux/ethtool.h. */
import type { KernelCalls } from '../collector.ts'
import { textOf } from './netlink.ts'

const GET_SETTINGS = 0x01
const GET_DRIVER = 0x03
const GET_STRINGS = 0x1b
const GET_STATS = 0x1d
const STRINGS_OF_STATS = 1
const SETTINGS_BYTES = 44
const DRIVER_BYTES = 196
const NAME_BYTES = 32
/** More than any driver has; the kernel is handed room for as many. */
const STATS_MAX = 16_384

export class EthtoolError extends Error {
  readonly errno: number

  constructor(errno: number) {
    super(`ethtool: error ${errno}`)
    this.errno = errno
  }
}

export interface LinkSettings {
  /** Bits of what the port can do and of what it offers, by the kernel's numbers of link modes. */
  readonly supported: number
  readonly advertised: number
  readonly isAutonegotiating: boolean
}

export interface DriverFacts {
  readonly driver: string
  readonly version: string
  readonly firmwareVersion: string
  readonly busInfo: string
  readonly romVersion: string
  readonly statCount: number
}

/** These throw EthtoolError. */
export function readSettings(kernel: KernelCalls, device: string): LinkSettings {
  const data = ask(kernel, device, GET_SETTINGS, SETTINGS_BYTES)
  return {
    supported: data.readUInt32LE(4),
    advertised: data.readUInt32LE(8),
    isAutonegotiating: data[18] === 1,
  }
}

export function readDriver(kernel: KernelCalls, device: string): DriverFacts {
  const data = ask(kernel, device, GET_DRIVER, DRIVER_BYTES)
  const text = (at: number) => textOf(data.subarray(at, at + NAME_BYTES))
  return {
    driver: text(4),
    version: text(36),
    firmwareVersion: text(68),
    busInfo: text(100),
    romVersion: text(132),
    statCount: data.readUInt32LE(180),
  }
}

/** The driver's counters by name; of a name that comes twice, the last. */
export function readStats(kernel: KernelCalls, device: string): Map<string, number> {
  const count = Math.min(readDriver(kernel, device).statCount, STATS_MAX)
  const stats = new Map<string, number>()
  if (count === 0) return stats
  const names = Buffer.alloc(12 + count * NAME_BYTES)
  names.writeUInt32LE(STRINGS_OF_STATS, 4)
  names.writeUInt32LE(count, 8)
  run(kernel, device, GET_STRINGS, names)
  const values = Buffer.alloc(8 + count * 8)
  values.writeUInt32LE(count, 4)
  run(kernel, device, GET_STATS, values)
  for (let i = 0; i < count; i++) {
    const name = textOf(names.subarray(12 + i * NAME_BYTES, 12 + (i + 1) * NAME_BYTES))
    if (name !== '') stats.set(name, Number(values.readBigUInt64LE(8 + i * 8)))
  }
  return stats
}

function ask(kernel: KernelCalls, device: string, command: number, sizeBytes: number): Buffer {
  const data = Buffer.alloc(sizeBytes)
  run(kernel, device, command, data)
  return data
}

function run(kernel: KernelCalls, device: string, command: number, data: Buffer): void {
  data.writeUInt32LE(command, 0)
  const result = kernel.ethtool(device, data)
  if (result < 0) throw new EthtoolError(-result)
}
