/** Every collector there is, one line each. */
import type { CollectorDefinition } from './collector.ts'
import { arp } from './linux/arp.ts'
import { bonding } from './linux/bonding.ts'
import { conntrack } from './linux/conntrack.ts'
import { cpu } from './linux/cpu.ts'
import { diskstats } from './linux/diskstats.ts'
import { filesystem } from './linux/filesystem.ts'
import { ipvs } from './linux/ipvs.ts'
import { lnstat } from './linux/lnstat.ts'
import { loadavg } from './linux/loadavg.ts'
import { meminfo } from './linux/meminfo.ts'
import { netclass } from './linux/netclass.ts'
import { netdev } from './linux/netdev.ts'
import { netstat } from './linux/netstat.ts'
import { nfs } from './linux/nfs.ts'
import { nfsd } from './linux/nfsd.ts'
import { sockstat } from './linux/sockstat.ts'
import { softnet } from './linux/softnet.ts'
import { stat } from './linux/stat.ts'
import { time } from './linux/time.ts'
import { udpQueues } from './linux/udp-queues.ts'
import { uname } from './linux/uname.ts'
import { vmstat } from './linux/vmstat.ts'
import { xfrm } from './linux/xfrm.ts'

export const collectors: readonly CollectorDefinition[] = [
  arp,
  bonding,
  conntrack,
  cpu,
  diskstats,
  filesystem,
  ipvs,
  lnstat,
  loadavg,
  meminfo,
  netclass,
  netdev,
  netstat,
  nfs,
  nfsd,
  sockstat,
  softnet,
  stat,
  time,
  udpQueues,
  uname,
  vmstat,
  xfrm,
]
