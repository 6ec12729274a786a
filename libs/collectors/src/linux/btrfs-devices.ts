/**
 * What the kernel tells about the devices of a mounted btrfs, by ioctl on its mount point; the numbers of the requests
 * and the layout of their structs are in linux/btrfs.h.
 */
import type { CollectorDeps, KernelCalls } from '../collector.ts'
import { readMounts } from './mountinfo.ts'

const FS_INFO = 0x8400941f
const DEV_INFO = 0xd000941e
const GET_DEV_STATS = 0xc4089434
const FS_INFO_BYTES = 1024
const DEV_INFO_BYTES = 4096
const DEV_STATS_BYTES = 1032
const ERROR_TYPES = ['write', 'read', 'flush', 'corruption', 'generation']
/** The ids of devices have gaps, but a file system that says it has this many is a broken answer. */
const DEVICES_MAX = 4096

export interface BtrfsDevice {
  readonly path: string
  readonly deviceUuid: string
  readonly sizeBytes: number
  readonly usedBytes: number
  readonly errors: Readonly<Record<string, number>>
}

/** File systems by UUID. Empty where we cannot ask. */
export function readBtrfsDevices(deps: CollectorDeps): Map<string, readonly BtrfsDevice[]> {
  const fileSystems = new Map<string, readonly BtrfsDevice[]>()
  const { kernel } = deps.system
  if (!kernel) return fileSystems
  const asked = new Set<string>()
  for (const mount of readMounts(deps.proc, deps.rootPath)) {
    if (mount.type !== 'btrfs' || asked.has(mount.device)) continue
    asked.add(mount.device)
    const path = deps.rootPath === '/' ? mount.mountPoint : deps.rootPath + mount.mountPoint
    const answer = askFileSystem(kernel, path)
    if (answer) fileSystems.set(answer.uuid, answer.devices)
  }
  return fileSystems
}

function askFileSystem(kernel: KernelCalls, path: string) {
  const info = Buffer.alloc(FS_INFO_BYTES)
  if (kernel.fileIoctl(path, FS_INFO, info) < 0) return undefined
  const idMax = Number(info.readBigUInt64LE(0))
  const uuid = printUuid(info.subarray(16, 32))
  const devices: BtrfsDevice[] = []
  for (let id = 0; id <= Math.min(idMax, DEVICES_MAX); id++) {
    const device = askDevice(kernel, path, id)
    if (device) devices.push(device)
  }
  return { uuid, devices }
}

function askDevice(kernel: KernelCalls, path: string, id: number): BtrfsDevice | undefined {
  const info = Buffer.alloc(DEV_INFO_BYTES)
  info.writeBigUInt64LE(BigInt(id), 0)
  if (kernel.fileIoctl(path, DEV_INFO, info) < 0) return undefined
  const stats = Buffer.alloc(DEV_STATS_BYTES)
  stats.writeBigUInt64LE(BigInt(id), 0)
  stats.writeBigUInt64LE(BigInt(ERROR_TYPES.length), 8)
  if (kernel.fileIoctl(path, GET_DEV_STATS, stats) < 0) return undefined
  const errors = ERROR_TYPES.map((type, i) => [type, Number(stats.readBigUInt64LE(24 + i * 8))])
  const pathBytes = info.subarray(3072)
  return {
    path: pathBytes.toString('utf8', 0, Math.max(0, pathBytes.indexOf(0))),
    deviceUuid: printUuid(info.subarray(8, 24)),
    usedBytes: Number(info.readBigUInt64LE(24)),
    sizeBytes: Number(info.readBigUInt64LE(32)),
    errors: Object.fromEntries(errors),
  }
}

function printUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  const cut = [0, 8, 12, 16, 20, 32]
  return cut
    .slice(1)
    .map((end, i) => hex.slice(cut[i], end))
    .join('-')
}
