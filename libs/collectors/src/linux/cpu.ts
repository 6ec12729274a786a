import { type CollectorDeps, defineCollector } from '../collector.ts'
import { SearchPattern } from '../device-filter.ts'
import type { Page } from '../page.ts'
import { addCpuInfo } from './cpu-info.ts'
import { addIsolated, addOnline, addThrottles, readIsolated } from './cpu-sysfs.ts'
import { CpuTimes } from './cpu-times.ts'
import { readStat } from './proc-stat.ts'

export const cpu = defineCollector({
  name: 'cpu',
  isDefault: true,
  flags: [
    {
      name: 'collector.cpu.guest',
      kind: 'boolean',
      fallback: 'true',
      help: 'Enables metric node_cpu_guest_seconds_total',
    },
    {
      name: 'collector.cpu.info',
      kind: 'boolean',
      fallback: 'false',
      help: 'Enables metric cpu_info',
    },
    {
      name: 'collector.cpu.info.flags-include',
      kind: 'string',
      help: 'Filter the `flags` field in cpuInfo with a value that must be a regular expression',
    },
    {
      name: 'collector.cpu.info.bugs-include',
      kind: 'string',
      help: 'Filter the `bugs` field in cpuInfo with a value that must be a regular expression',
    },
  ],
  create: (deps) => {
    const { proc, sys, flags, log } = deps
    const times = new CpuTimes(log)
    const isolated = readIsolated(sys, log)
    const info = infoOptions(deps)
    const hasGuest = flags.boolean('collector.cpu.guest')
    return (page) => {
      if (info) addCpuInfo(page, proc, info)
      times.update(readStat(proc))
      addTimes(page, times, hasGuest)
      addIsolated(page, isolated)
      addThrottles(page, sys, log)
      addOnline(page, sys)
    }
  },
})

function infoOptions({ flags, isEnabled, log }: CollectorDeps) {
  const flagsPattern = flags.string('collector.cpu.info.flags-include')
  const bugsPattern = flags.string('collector.cpu.info.bugs-include')
  const isAsked = flagsPattern !== '' || bugsPattern !== ''
  if (!flags.boolean('collector.cpu.info') && !isAsked) return undefined
  if (isAsked && !flags.boolean('collector.cpu.info')) {
    log.info('--collector.cpu.info has been set to `true` because you set the following flags', {
      'flags-include': flagsPattern,
      'bugs-include': bugsPattern,
    })
  }
  return {
    hasFrequency: isEnabled('cpufreq'),
    flags: flagsPattern === '' ? undefined : new SearchPattern(flagsPattern),
    bugs: bugsPattern === '' ? undefined : new SearchPattern(bugsPattern),
  }
}

function addTimes(page: Page, times: CpuTimes, hasGuest: boolean): void {
  const seconds = page.counter(
    'node_cpu_seconds_total',
    'Seconds the CPUs spent in each mode.',
    CPU_MODE,
  )
  for (const [name, ticks] of times.cpus) {
    for (const [i, mode] of MODES.entries()) seconds.add((ticks[i] as number) / 100, name, mode)
  }
  if (!hasGuest) return
  const guest = page.counter(
    'node_cpu_guest_seconds_total',
    'Seconds the CPUs spent in guests (VMs) for each mode.',
    CPU_MODE,
  )
  for (const [name, ticks] of times.cpus) {
    guest.add((ticks[8] as number) / 100, name, 'user')
    guest.add((ticks[9] as number) / 100, name, 'nice')
  }
}

const CPU_MODE = ['cpu', 'mode']
/** In the order of the columns of /proc/stat; the two after these are the guests' user and nice. */
const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal']
