import { readdirSync, readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { Host } from '../host.ts'

const PAGE_BYTES = 4096

/** Go's names where Node has others. */
const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** Facts of this process, from Linux's /proc where Node has no call; 0 where there is no /proc. */
export function createProcessFacts(proc: NodeJS.Process): Host['process'] {
  return {
    pid: proc.pid,
    runtimeVersion: proc.version,
    os: proc.platform,
    architecture: GO_ARCHITECTURES[proc.arch] ?? proc.arch,
    startTimeMs: Date.now() - proc.uptime() * 1000,
    cpuSeconds: () => {
      const { user, system } = proc.cpuUsage()
      return (user + system) / 1e6
    },
    memoryBytes: () => {
      const confined = proc.constrainedMemory?.() ?? 0
      const machine = totalmem()
      return confined > 0 && confined < machine ? confined : machine
    },
    residentBytes: () => orZero(() => proc.memoryUsage.rss()),
    virtualBytes: () => orZero(() => Number(read('/proc/self/statm').split(' ')[0]) * PAGE_BYTES),
    virtualMaxBytes: () =>
      orZero(() => {
        const limit = /^Max address space\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1]
        return limit === 'unlimited' ? Infinity : Number(limit ?? 0)
      }),
    networkBytes: readNetworkBytes,
    openFiles: () => orZero(() => readdirSync('/proc/self/fd').length - 1),
    maxFiles: () =>
      orZero(() => Number(/^Max open files\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? 0)),
  }
}

/** The two `IpExt` lines of netstat: names, then values. */
function readNetworkBytes(): { received: number; sent: number } {
  let lines: string[][]
  try {
    lines = read('/proc/self/net/netstat')
      .split('\n')
      .filter((line) => line.startsWith('IpExt:'))
      .map((line) => line.split(' '))
  } catch {
    return { received: 0, sent: 0 }
  }
  const [names = [], values = []] = lines
  const of = (name: string) => Number(values[names.indexOf(name)] ?? 0)
  return { received: of('InOctets'), sent: of('OutOctets') }
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

function orZero(ask: () => number): number {
  try {
    return ask()
  } catch {
    return 0
  }
}
