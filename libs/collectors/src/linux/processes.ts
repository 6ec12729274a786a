import { defineCollector } from '../collector.ts'
import { errorCode, type KernelFiles } from '../kernel-files.ts'
import { parseSigned, parseUnsigned, words } from '../kernel-number.ts'

export const processes = defineCollector({
  name: 'processes',
  isDefault: false,
  create:
    ({ proc }) =>
    (page) => {
      const states = new Map<string, number>()
      const threadStates = new Map<string, number>()
      let pids = 0
      let threads = 0
      for (const pid of proc.list('')) {
        if (!/^\d+$/.test(pid)) continue
        const stat = readStat(proc, `${pid}/stat`)
        if (!stat) continue
        pids++
        threads += stat.threads
        count(states, stat.state)
        for (const thread of listThreads(proc, pid)) {
          const own = readStat(proc, `${pid}/task/${thread}/stat`)
          if (own) count(threadStates, own.state)
        }
      }
      page.gauge('node_processes_threads', 'Allocated threads in system').add(threads)
      page
        .gauge('node_processes_max_threads', 'Limit of threads in the system')
        .add(parseUnsigned(proc.text('sys/kernel/threads-max').trim()))
      const stateSamples = page.gauge(
        'node_processes_state',
        'Number of processes in each state.',
        ['state'],
      )
      for (const [state, number] of states) stateSamples.add(number, state)
      const threadSamples = page.gauge(
        'node_processes_threads_state',
        'Number of threads in each state.',
        ['thread_state'],
      )
      for (const [state, number] of threadStates) threadSamples.add(number, state)
      page.gauge('node_processes_pids', 'Number of PIDs').add(pids)
      page
        .gauge('node_processes_max_processes', 'Number of max PIDs limit')
        .add(parseUnsigned(proc.text('sys/kernel/pid_max').trim()))
    },
})

function count(counts: Map<string, number>, state: string): void {
  counts.set(state, (counts.get(state) ?? 0) + 1)
}

/** `pid (name) state ...`: the name may hold anything, so fields are counted from the last parenthesis. */
function readStat(proc: KernelFiles, name: string) {
  try {
    const text = proc.text(name)
    const fields = words(text.slice(text.lastIndexOf(')') + 1))
    return { state: fields[0] ?? '', threads: parseSigned(fields[17]) }
  } catch (err) {
    if (isGone(err)) return undefined
    throw err
  }
}

function listThreads(proc: KernelFiles, pid: string): string[] {
  try {
    return proc.list(`${pid}/task`)
  } catch (err) {
    if (isGone(err)) return []
    throw err
  }
}

/** Processes end while they are counted. */
function isGone(err: unknown): boolean {
  const code = errorCode(err)
  return code === 'ENOENT' || code === 'ESRCH'
}
