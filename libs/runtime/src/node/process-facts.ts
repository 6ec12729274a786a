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
    openFiles: () => orZero(() => readdirSync('/proc/self/fd').length - 1),
    maxFiles: () =>
      orZero(() => Number(/^Max open files\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? 0)),
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
