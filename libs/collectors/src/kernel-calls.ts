/** The calls of the shipped addon (`native/syscalls.c`), with a meaning. */
import type { KernelCalls } from './collector.ts'

/** What the addon exports: negative numbers are errors of the system. */
export interface NativeCalls {
  adjtimex(data: Buffer): number
  netlink(family: number, request: Buffer): Buffer[] | number
  fileIoctl(path: string, request: number, data: Buffer): number
  ethtool(device: string, data: Buffer): number
  perfOpen(attributes: Buffer, cpu: number): number
  perfRead(counter: number, data: Buffer): number
  readFile(path: string, data: Buffer, isSingle: boolean): number
}

const TIMEX_BYTES = 208
/** struct timex on 64-bit machines: fields of 8 bytes, those of 4 marked by a width. */
const TIMEX: readonly (readonly [field: string, offset: number, width?: 4])[] = [
  ['offset', 8],
  ['freq', 16],
  ['maxerror', 24],
  ['esterror', 32],
  ['status', 40, 4],
  ['constant', 48],
  ['tick', 88],
  ['ppsfreq', 96],
  ['jitter', 104],
  ['shift', 112, 4],
  ['stabil', 120],
  ['jitcnt', 128],
  ['calcnt', 136],
  ['errcnt', 144],
  ['stbcnt', 152],
  ['tai', 160, 4],
]

export function createKernelCalls(native: NativeCalls): KernelCalls {
  return {
    adjtimex: () => {
      const data = Buffer.alloc(TIMEX_BYTES)
      const state = native.adjtimex(data)
      const fields = TIMEX.map(([field, offset, width]) => [
        field,
        width === 4 ? data.readInt32LE(offset) : Number(data.readBigInt64LE(offset)),
      ])
      return { state, fields: Object.fromEntries(fields) }
    },
    netlink: (family, request) => {
      const answers = native.netlink(family, Buffer.from(request))
      if (typeof answers === 'number') throw new Error(`netlink: error ${-answers}`)
      return answers
    },
    fileIoctl: (path, request, data) => {
      const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      return native.fileIoctl(path, request, buffer)
    },
    ethtool: (device, data) => {
      const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      return native.ethtool(device, buffer)
    },
    readFile: (path, into, isSingle) => native.readFile(path, into, isSingle),
    perfOpen: (attributes, cpu) => native.perfOpen(Buffer.from(attributes), cpu),
    perfRead: (counter) => {
      const value = Buffer.alloc(8)
      const count = native.perfRead(counter, value)
      return count === 8 ? Number(value.readBigUInt64LE(0)) : undefined
    },
  }
}
