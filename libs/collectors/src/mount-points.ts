/** Collectors of the original that look at /proc or /sys as they are made, and end the start where it is not there. */
import type { HostFiles } from '@prom/runtime'
import type { CollectorPaths } from './create-collectors.ts'

type Files = Pick<HostFiles, 'statSync'>

const PROC =
  words(`arp buddyinfo cgroups cpu diskstats entropy ipvs kernel_hung meminfo mountstats nfs nfsd pressure
  processes schedstat slabinfo softirqs softnet stat swap sysctl udp_queues xfrm xfs zoneinfo`)
const SYS =
  words(`bcache bcachefs btrfs cpu cpufreq diskstats dmi drm ethtool fibrechannel infiniband netclass nvme
  pcidevice rapl tapestats thermal_zone watchdog xfs`)
/** Compat: what they call the other one. */
const PROC_AS_SYS = words('diskstats sysctl xfs')
const SYS_AS_PROC = words('watchdog')

/** Throws an Error with the original's text if the collector cannot be made. */
export function checkMountPoints(name: string, { proc, sys }: CollectorPaths, files: Files): void {
  if (PROC.has(name)) check(files, proc, PROC_AS_SYS.has(name) ? 'sysfs' : 'procfs')
  if (!SYS.has(name)) return
  const called = SYS_AS_PROC.has(name) ? 'procfs' : 'sysfs'
  check(files, sys, name === 'rapl' ? undefined : called)
}

function check(files: Files, path: string, called: string | undefined): void {
  const stat = files.statSync(path)
  if (stat?.isDirectory) return
  const prefix = called === undefined ? '' : `failed to open ${called}: `
  const reason = stat
    ? `mount point "${path}" is not a directory`
    : `could not read "${path}": stat ${path}: no such file or directory`
  throw new Error(prefix + reason)
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/))
}
