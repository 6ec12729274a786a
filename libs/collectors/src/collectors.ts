/** Every collector there is, one line each. */
import type { CollectorDefinition } from './collector.ts'
import { arp } from './linux/arp.ts'
import { bcache } from './linux/bcache.ts'
import { bcachefs } from './linux/bcachefs.ts'
import { bonding } from './linux/bonding.ts'
import { btrfs } from './linux/btrfs.ts'
import { buddyinfo } from './linux/buddyinfo.ts'
import { cgroups } from './linux/cgroups.ts'
import { conntrack } from './linux/conntrack.ts'
import { cpu } from './linux/cpu.ts'
import { cpuVulnerabilities } from './linux/cpu-vulnerabilities.ts'
import { cpufreq } from './linux/cpufreq.ts'
import { diskstats } from './linux/diskstats.ts'
import { dmi } from './linux/dmi.ts'
import { dmmultipath } from './linux/dmmultipath.ts'
import { drbd } from './linux/drbd.ts'
import { drm } from './linux/drm.ts'
import { edac } from './linux/edac.ts'
import { entropy } from './linux/entropy.ts'
import { ethtool } from './linux/ethtool.ts'
import { fibrechannel } from './linux/fibrechannel.ts'
import { filefd } from './linux/filefd.ts'
import { filesystem } from './linux/filesystem.ts'
import { hwmon } from './linux/hwmon.ts'
import { infiniband } from './linux/infiniband.ts'
import { interrupts } from './linux/interrupts.ts'
import { ipvs } from './linux/ipvs.ts'
import { kernelHung } from './linux/kernel-hung.ts'
import { ksmd } from './linux/ksmd.ts'
import { lnstat } from './linux/lnstat.ts'
import { loadavg } from './linux/loadavg.ts'
import { logind } from './linux/logind.ts'
import { mdadm } from './linux/mdadm.ts'
import { meminfo } from './linux/meminfo.ts'
import { meminfoNuma } from './linux/meminfo-numa.ts'
import { mountstats } from './linux/mountstats.ts'
import { netclass } from './linux/netclass.ts'
import { netdev } from './linux/netdev.ts'
import { netstat } from './linux/netstat.ts'
import { networkRoute } from './linux/network-route.ts'
import { nfs } from './linux/nfs.ts'
import { nfsd } from './linux/nfsd.ts'
import { ntp } from './linux/ntp.ts'
import { nvme } from './linux/nvme.ts'
import { nvmesubsystem } from './linux/nvmesubsystem.ts'
import { os } from './linux/os.ts'
import { pcidevice } from './linux/pcidevice.ts'
import { perf } from './linux/perf.ts'
import { powersupplyclass } from './linux/powersupplyclass.ts'
import { pressure } from './linux/pressure.ts'
import { processes } from './linux/processes.ts'
import { qdisc } from './linux/qdisc.ts'
import { rapl } from './linux/rapl.ts'
import { runit } from './linux/runit.ts'
import { schedstat } from './linux/schedstat.ts'
import { selinux } from './linux/selinux.ts'
import { slabinfo } from './linux/slabinfo.ts'
import { sockstat } from './linux/sockstat.ts'
import { softirqs } from './linux/softirqs.ts'
import { softnet } from './linux/softnet.ts'
import { stat } from './linux/stat.ts'
import { supervisord } from './linux/supervisord.ts'
import { swap } from './linux/swap.ts'
import { sysctl } from './linux/sysctl.ts'
import { systemd } from './linux/systemd.ts'
import { tapestats } from './linux/tapestats.ts'
import { tcpstat } from './linux/tcpstat.ts'
import { thermalZone } from './linux/thermal-zone.ts'
import { time } from './linux/time.ts'
import { timex } from './linux/timex.ts'
import { udpQueues } from './linux/udp-queues.ts'
import { uname } from './linux/uname.ts'
import { vmstat } from './linux/vmstat.ts'
import { watchdog } from './linux/watchdog.ts'
import { wifi } from './linux/wifi.ts'
import { xfrm } from './linux/xfrm.ts'
import { xfs } from './linux/xfs.ts'
import { zfs } from './linux/zfs.ts'
import { zoneinfo } from './linux/zoneinfo.ts'
import { textfile } from './textfile.ts'

export const collectors: readonly CollectorDefinition[] = [
  arp,
  bcache,
  bcachefs,
  bonding,
  btrfs,
  buddyinfo,
  cgroups,
  conntrack,
  cpu,
  cpuVulnerabilities,
  cpufreq,
  diskstats,
  dmi,
  dmmultipath,
  drbd,
  drm,
  edac,
  entropy,
  ethtool,
  fibrechannel,
  filefd,
  filesystem,
  hwmon,
  infiniband,
  interrupts,
  ipvs,
  kernelHung,
  ksmd,
  lnstat,
  loadavg,
  logind,
  mdadm,
  meminfo,
  meminfoNuma,
  mountstats,
  netclass,
  netdev,
  netstat,
  networkRoute,
  nfs,
  nfsd,
  ntp,
  nvme,
  nvmesubsystem,
  os,
  pcidevice,
  perf,
  powersupplyclass,
  pressure,
  processes,
  qdisc,
  rapl,
  runit,
  schedstat,
  selinux,
  slabinfo,
  sockstat,
  softirqs,
  softnet,
  stat,
  supervisord,
  swap,
  sysctl,
  systemd,
  tapestats,
  tcpstat,
  textfile,
  thermalZone,
  time,
  timex,
  udpQueues,
  uname,
  vmstat,
  watchdog,
  wifi,
  xfrm,
  xfs,
  zfs,
  zoneinfo,
]
