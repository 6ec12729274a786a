import { readdirSync, readFileSync } from 'node:fs'
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
      const machine = process.getBuiltinModule('node:os').totalmem()
      return confined > 0 && confined < machine ? confined : machine
    },
    residentBytes: () => orZero(() => proc.memoryUsage.rss()),
    virtualBytes: () => orZero(() => Number(read('/proc/self/statm').split(' ')[0]) * PAGE_BYTES),
    openFiles: () => orZero(() => readdirSync('/proc/self/fd').length - 1),
    virtualMaxBytes: () =>
      orZero(() => {
        const limit = /^Max address space\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1]
        return limit === 'unlimited' ? 2 ** 64 : Number(limit ?? 0)
      }),
    networkBytes,
    maxFiles: () =>
      orZero(() => Number(/^Max open files\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? 0)),
  }
}

/** A line of names and one of numbers. */
function networkBytes(): { readonly received: number; readonly sent: number } | undefined {
  try {
    const lines = read('/proc/self/net/netstat').split('\n')
    const rows = lines.filter((line) => line.startsWith('IpExt: ')).map((line) => line.split(' '))
    const [names = [], numbers = []] = rows
    const at = (name: string) => Number(numbers[names.indexOf(name)] ?? 0)
    return { received: at('InOctets'), sent: at('OutOctets') }
  } catch {
    return undefined
  }
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
