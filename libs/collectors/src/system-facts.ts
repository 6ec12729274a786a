/** What the machine is, from the calls Node has. */
import { machine, networkInterfaces } from 'node:os'
import type { Host } from '@prom/runtime'
import type { KernelCalls, SystemFacts } from './collector.ts'
import { readTimeZone } from './time-zone.ts'

const AUX_PAGE_SIZE = 6
const PAGE_BYTES = 4096

export function createSystemFacts(
  host: Pick<Host, 'files' | 'env'>,
  kernel?: KernelCalls,
): SystemFacts {
  return {
    architecture: machine(),
    pageSizeBytes: readPageSize(host.files),
    timeZone: readTimeZone(host),
    addresses: () =>
      Object.entries(networkInterfaces()).flatMap(([device, entries = []]) =>
        entries.map(({ address, cidr }) => ({
          device,
          address,
          prefixLength: Number(cidr?.split('/')[1] ?? 0),
        })),
      ),
    kernel,
  }
}

/** The kernel tells each process the page size in its auxiliary vector: pairs of 64-bit type and value. */
function readPageSize(files: Host['files']): number {
  try {
    const bytes = Buffer.from(files.readSync('/proc/self/auxv'))
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      if (bytes.readBigUInt64LE(at) === BigInt(AUX_PAGE_SIZE))
        return Number(bytes.readBigUInt64LE(at + 8))
    }
  } catch {
    // No /proc: the usual size it is.
  }
  return PAGE_BYTES
}
