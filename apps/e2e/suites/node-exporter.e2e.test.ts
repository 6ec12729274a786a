/** node_exporter beside the original on the same machine at the same moment, and how it is started in earnest. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import {
  type Comparison,
  MovingPages,
  type Page,
  parsePage,
  type Round,
} from '../harness/moving-pages.ts'
import { freePort, run, start, stopAll } from '../harness/processes.ts'
import { originals, ours, type Programs, programPath } from '../harness/programs.ts'
import { waitFor } from '../harness/wait.ts'

const READY_MS = 60_000
/** A password `secret`, as bcrypt keeps it. */
const SECRET_HASH = '$2b$04$VJG9z0kTI4r8xFRHuRa4zOyRRqv2nI4yWrzpC/3572gLcDmWjFFqS'

afterEach(stopAll)
afterAll(removeFolders)

async function startExporter(programs: Programs, args: readonly string[]): Promise<string> {
  const port = await freePort()
  const running = start(programPath(programs, 'node_exporter'), [
    `--web.listen-address=127.0.0.1:${port}`,
    ...args,
  ])
  await waitFor(`${programs.name} to listen`, READY_MS, () => {
    if (running.child.exitCode !== null) throw new Error(running.output())
    return running.output().includes('TLS is') ? true : undefined
  })
  return `http://127.0.0.1:${port}`
}

async function startBoth(args: readonly string[]): Promise<() => Promise<Round>> {
  const [mine, theirs] = await Promise.all(
    [ours, originals].map((programs) => startExporter(programs, args)),
  )
  const scrape = async (base: string | undefined) =>
    parsePage(await (await fetch(`${base}/metrics`)).text())
  // The first scrape of either is slower, and the machine is not the same after it.
  await Promise.all([scrape(mine), scrape(theirs)])
  return async () => [await scrape(mine), await scrape(theirs), await scrape(mine)]
}

/** Names of the runtime and of this program alone; what is new after the release on this machine. */
const OWN =
  /^(go_|process_|promhttp_|node_exporter_build_info|node_dmmultipath_|node_ksmd_general)|collector="dmmultipath"/
/** Which processes run, sockets are open and mounts come and go is another matter at each moment. */
const FLEETING =
  /^node_(processes_(threads_)?state|tcp_connection_states|scrape_collector_|netstat_Tcp_CurrEstab|pcidevice_)/
/** The release on this machine does not see that a mount is read-only; the next one does. Perf begins with a program. */
const OTHERWISE = /^node_(filesystem_readonly|perf_)/
/** Reworded after the release on this machine. */
const REWORDED = /^node_ksmd_/
/** What a program opens, asks for and runs while it looks. */
const MOVED_BY_LOOKING =
  /^node_(sockstat_|filefd_allocated|processes_|procs_|slabinfo_|nf_conntrack_entries$)/

const comparison: Comparison = {
  ignored: (key) => OWN.test(key),
  fleeting: (key) => FLEETING.test(key),
  differs: (key) => OTHERWISE.test(key),
  reworded: (key) => REWORDED.test(key),
  movedByLooking: (key) => MOVED_BY_LOOKING.test(key),
}
/** A machine can be so busy that a few rounds in a row disagree; so many cannot. */
const ROUNDS_MAX = 12

const EVERYTHING = [
  ...`buddyinfo cgroups cpu.info cpu_vulnerabilities drbd drm ethtool interrupts ksmd lnstat logind meminfo_numa
  mountstats network_route ntp pcidevice perf processes qdisc runit slabinfo softirqs swap sysctl systemd tcpstat
  wifi xfrm zoneinfo netdev.address-info stat.softirq cpu.guest bcache.priorityStats`
    .split(/\s+/)
    .map((name) => `--collector.${name}`),
  '--collector.sysctl.include=kernel.threads-max',
  '--collector.sysctl.include=net.ipv4.ip_local_port_range:min,max',
  '--collector.sysctl.include-info=kernel.seccomp.actions_avail',
  '--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run)($|/)',
  '--collector.supervisord',
  '--collector.supervisord.url=http://127.0.0.1:1/RPC2',
]

/** The original of this machine looks into a folder by default that others may write to. */
const textfiles = () => {
  const text = '# HELP batch_rows Rows.\n# TYPE batch_rows gauge\nbatch_rows{a="1"} 2\n'
  return [`--collector.textfile.directory=${folderWith({ 'a.prom': text })}`]
}

/** The rest of what flags can change, each way to ask compared by itself. */
const OTHERS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['with everything on', EVERYTHING],
  [
    'with network devices asked by netlink, and their statistics',
    [
      '--no-collector.netdev',
      '--collector.netclass.netlink',
      '--collector.netclass_rtnl.with-stats',
      '--collector.netclass.ignore-invalid-speed',
      '--collector.filesystem.mount-points-exclude=^/',
    ],
  ],
  [
    'with detailed network metrics, and only some devices and counters',
    [
      '--collector.disable-defaults',
      '--collector.netdev',
      '--collector.netdev.enable-detailed-metrics',
      '--collector.netdev.device-exclude=^ifb',
      '--collector.netdev.label-ifalias',
      '--collector.ethtool',
      '--collector.ethtool.metrics-include=^(rx|tx)_',
      '--collector.perf',
      '--collector.perf.cpus=0',
      '--collector.perf.software-profilers=ContextSwitch',
      '--collector.arp',
      '--no-collector.arp.netlink',
    ],
  ],
  [
    'with the files of /proc/net instead of netlink',
    [
      '--collector.disable-defaults',
      '--collector.netdev',
      '--no-collector.netdev.netlink',
      '--collector.vmstat',
      '--collector.vmstat.fields=.*',
      '--collector.netstat',
      '--collector.netstat.fields=.*',
      '--collector.textfile',
    ],
  ],
]

test('the comparison notices what is wrong on a machine that does not stand still', () => {
  const page = (...lines: string[]) =>
    parsePage(['# TYPE a_total counter', '# TYPE b gauge', ...lines].join('\n'))
  const f = (mine: readonly string[], theirs: readonly string[]) => {
    const pages = new MovingPages(comparison)
    for (const value of ['1', '2']) {
      const of = (lines: readonly string[]) =>
        page(...lines.map((line) => line.replace('N', value)))
      pages.add([of(mine), of(theirs), of(mine)])
    }
    const { missing, extra, values } = pages.disagreement()
    return [...missing, ...extra, ...values].map((text) => text.split(':')[0])
  }
  expect(f(['b 5', 'a_total N'], ['b 5', 'a_total N'])).toEqual([])
  expect(f(['b 5'], ['b 6'])).toEqual(['b'])
  expect(f(['b N'], ['b 6'])).toEqual([]) // It moves, and is about as large.
  expect(f(['b N'], ['b N000'])).toEqual(['b'])
  expect(f(['a_total N'], ['a_total N0'])).toEqual(['a_total'])
  expect(f(['node_sockstat_sockets_used 9'], ['node_sockstat_sockets_used 12'])).toEqual([])
  expect(f(['node_sockstat_sockets_used 900'], ['node_sockstat_sockets_used 9'])).toEqual([
    'node_sockstat_sockets_used',
  ])
  expect(f(['b{a="1"} 1'], ['b{a="2"} 1'])).toEqual(['b{a="2"}', 'b{a="1"}'])
  expect(f(['b{a="N"} 1'], ['b{a="N"} 1'])).toEqual([])
})

describe('on this machine ours and the original export the same', () => {
  test.each(OTHERS)('%s', async (_name, args) => {
    const scrapeAll = await startBoth([...args, ...textfiles()])
    const pages = new MovingPages(comparison)
    for (let i = 0; i < ROUNDS_MAX && !(i > 0 && pages.agrees); i++) pages.add(await scrapeAll())
    expect(pages.disagreement()).toEqual({ missing: [], extra: [], families: [], values: [] })
    expect(pages.compared).toBeGreaterThan(20)
  })

  test('about itself: every name but those of the runtime', async () => {
    const scrapeAll = await startBoth(['--collector.disable-defaults', '--collector.time'])
    const [before, theirs] = await scrapeAll()
    const own = (page: Page) =>
      [...page.types].filter(([name]) => /^(process|promhttp|node_exporter)_/.test(name)).sort()
    expect(own(before)).toEqual(own(theirs))
    const samples = (page: Page) =>
      [...page.samples.keys()].filter((key) => /^(process|promhttp)_/.test(key)).sort()
    expect(samples(before)).toEqual(samples(theirs))
  })
})

test.each([' --web.systemd-socket', ''])(
  'is started by a socket of systemd: flag%s',
  async (flag) => {
    const listener = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve))
    const { fd } = (listener as unknown as { _handle: { fd: number } })._handle
    const program = programPath(ours, 'node_exporter')
    const child = spawn(
      'sh',
      ['-c', `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0"${flag} --collector.disable-defaults`, program],
      { stdio: ['ignore', 'ignore', 'ignore', fd] },
    )
    const ended = new Promise((resolve) => child.once('close', resolve))
    listener.close()
    try {
      const text = await waitFor('an answer on the socket', READY_MS, async () =>
        (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
      )
      expect(text).toMatch(/^node_exporter_build_info/m)
    } finally {
      child.kill('SIGTERM')
      await ended
    }
  },
)

test('with TLS and a password only who knows it is answered', async () => {
  const folder = folderWith({
    'web.yml': `tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\nbasic_auth_users:\n  ann: ${SECRET_HASH}\n`,
  })
  execFileSync('openssl', [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' '),
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
  ])
  const base = await startExporter(ours, [
    '--collector.disable-defaults',
    `--web.config.file=${join(folder, 'web.yml')}`,
  ])
  const secure = base.replace('http:', 'https:')
  const curl = async (...args: string[]) => {
    const ca = ['--cacert', join(folder, 'cert.pem')]
    return (await run('curl', ['-sS', ...ca, '-w', '%{http_code}', ...args])).stdout
  }
  expect(await curl(`${secure}/metrics`)).toMatch(/401$/)
  expect(await curl('-u', 'ann:wrong', `${secure}/`)).toMatch(/401$/)
  expect(await curl('-u', 'ann:secret', `${secure}/metrics`)).toMatch(/^node_exporter_build_info/m)
  expect(await curl('-u', 'ann:secret', `${secure}/`)).toContain('Prometheus Node Exporter')
  expect(await curl(`${base}/metrics`)).not.toContain('node_exporter')
})

test('a dead mount costs its own samples only', async () => {
  const folder = folderWith()
  // A mount whose statfs does not end is a file system of ours that nobody answers; a FIFO hangs a reader as well.
  const done = await new Promise((resolve) =>
    spawn('mkfifo', [join(folder, 'dead.prom')]).once('close', resolve),
  )
  expect(done).toBe(0)
  expect(readdirSync(folder)).toEqual(['dead.prom'])
  const base = await startExporter(ours, [
    `--collector.textfile.directory=${folder}`,
    '--collector.filesystem.mount-points-exclude=^/',
  ])
  const scrape = async () => parsePage(await (await fetch(`${base}/metrics`)).text())
  const first = await scrape()
  expect(first.samples.get('node_scrape_collector_success{collector="textfile"}')).toBe(0)
  expect(first.samples.get('node_scrape_collector_success{collector="cpu"}')).toBe(1)
  const second = await scrape()
  // It is not started again while it hangs, so nobody waits for it twice.
  const duration = 'node_scrape_collector_duration_seconds{collector="textfile"}'
  expect(first.samples.get(duration)).toBeGreaterThan(4)
  expect(second.samples.get(duration)).toBeLessThan(4)
  expect(second.samples.get('node_scrape_collector_success{collector="textfile"}')).toBe(0)
  expect(second.samples.get('node_scrape_collector_success{collector="meminfo"}')).toBe(1)
  expect(existsSync(join(folder, 'dead.prom'))).toBe(true)
})
