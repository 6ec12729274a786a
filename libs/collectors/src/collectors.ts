/** Every collector there is, one line each. */
import type { CollectorDefinition } from './collector.ts'
import { arp } from './linux/arp.ts'
import { bonding } from './linux/bonding.ts'
import { buddyinfo } from './linux/buddyinfo.ts'
import { cgroups } from './linux/cgroups.ts'
import { conntrack } from './linux/conntrack.ts'
import { cpu } from './linux/cpu.ts'
import { cpuVulnerabilities } from './linux/cpu-vulnerabilities.ts'
import { cpufreq } from './linux/cpufreq.ts'
import { diskstats } from './linux/diskstats.ts'
import { drm } from './linux/drm.ts'
import { edac } from './linux/edac.ts'
import { filesystem } from './linux/filesystem.ts'
import { interrupts } from './linux/interrupts.ts'
import { ipvs } from './linux/ipvs.ts'
import { kernelHung } from './linux/kernel-hung.ts'
import { ksmd } from './linux/ksmd.ts'
import { lnstat } from './linux/lnstat.ts'
import { loadavg } from './linux/loadavg.ts'
import { meminfo } from './linux/meminfo.ts'
import { meminfoNuma } from './linux/meminfo-numa.ts'
import { netclass } from './linux/netclass.ts'
import { netdev } from './linux/netdev.ts'
import { netstat } from './linux/netstat.ts'
import { nfs } from './linux/nfs.ts'
import { nfsd } from './linux/nfsd.ts'
import { pressure } from './linux/pressure.ts'
import { processes } from './linux/processes.ts'
import { schedstat } from './linux/schedstat.ts'
import { slabinfo } from './linux/slabinfo.ts'
import { sockstat } from './linux/sockstat.ts'
import { softirqs } from './linux/softirqs.ts'
import { softnet } from './linux/softnet.ts'
import { stat } from './linux/stat.ts'
import { swap } from './linux/swap.ts'
import { sysctl } from './linux/sysctl.ts'
import { time } from './linux/time.ts'
import { udpQueues } from './linux/udp-queues.ts'
import { uname } from './linux/uname.ts'
import { vmstat } from './linux/vmstat.ts'
import { xfrm } from './linux/xfrm.ts'
import { zoneinfo } from './linux/zoneinfo.ts'
import { textfile } from './textfile.ts'

export const collectors: readonly CollectorDefinition[] = [
  arp,
  bonding,
  buddyinfo,
  cgroups,
  conntrack,
  cpu,
  cpuVulnerabilities,
  cpufreq,
  diskstats,
  drm,
  edac,
  filesystem,
  interrupts,
  ipvs,
  kernelHung,
  ksmd,
  lnstat,
  loadavg,
  meminfo,
  meminfoNuma,
  netclass,
  netdev,
  netstat,
  nfs,
  nfsd,
  pressure,
  processes,
  schedstat,
  slabinfo,
  sockstat,
  softirqs,
  softnet,
  stat,
  swap,
  sysctl,
  textfile,
  time,
  udpQueues,
  uname,
  vmstat,
  xfrm,
  zoneinfo,
]
