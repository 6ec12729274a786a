import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseFamilies, writeText } from '@prom/exposition'
import { combineFamilies } from '@prom/metrics'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import {
  collectorFlags,
  collectors,
  createCollectors,
  createFlagValues,
  createSystemFacts,
} from './index.ts'
import { parseFallback } from './testing/fallback.ts'

const root = resolve(__dirname, '../../..')
const shared = join(process.env.SHARED_DIR ?? join(root, '..', 'shared'), 'fixtures/node-exporter')

/** The flags of the original's end-to-end run that are not their defaults. */
const VALUES: Readonly<Record<string, boolean | string | string[]>> = {
  'collector.cpu.info': true,
  'collector.cpu.info.bugs-include': '^(cpu_meltdown|spectre_.*|mds)$',
  'collector.cpu.info.flags-include': '^(aes|avx.?|constant_tsc)$',
  'collector.arp.device-exclude': 'nope',
  'collector.arp.netlink': false,
  'collector.bcache.priorityStats': true,
  'collector.hwmon.chip-include': '(applesmc|asus_nb_wmi|coretemp|hwmon4|ieee80211|nct6779)',
  'collector.netclass.ignore-invalid-speed': true,
  'collector.netclass.ignored-devices': '(dmz|int)',
  'collector.netdev.device-include': 'lo',
  'collector.qdisc.device-include': '(wlan0|eth0)',
  'collector.qdisc.fixtures': 'collector/fixtures/qdisc/',
  'collector.stat.softirq': true,
  'collector.sysctl.include-info': ['kernel.seccomp.actions_avail'],
  'collector.sysctl.include': ['fs.file-nr', 'fs.file-nr:total,current,max', 'kernel.threads-max'],
  'collector.textfile.directory': ['collector/fixtures/textfile/two_metric_files/'],
  'collector.wifi.fixtures': 'collector/fixtures/wifi',
}

const ON =
  `arp bcache bcachefs bonding btrfs buddyinfo cgroups conntrack cpu cpufreq cpu_vulnerabilities diskstats dmi
  drbd edac entropy fibrechannel filefd hwmon infiniband interrupts ipvs kernel_hung ksmd lnstat loadavg mdadm meminfo
  meminfo_numa mountstats netdev netstat nfs nfsd pcidevice pressure processes qdisc rapl schedstat slabinfo sockstat
  softirqs stat sysctl textfile thermal_zone udp_queues vmstat watchdog wifi xfrm xfs zfs zoneinfo`.split(
    /\s+/,
  )
/** Refused at start. */
const UNSUPPORTED = ['ethtool', 'perf']
const OFF = ['selinux', 'filesystem', 'timex', 'uname']

const MASK =
  /^(go_|node_exporter_build_info|node_scrape_collector_duration_seconds|process_|node_textfile_mtime_seconds|node_time_(zone|seconds)|node_network_(receive|transmit)_(bytes|packets)_total)/
/** Families of the Go runtime and of the handler, which are not the collectors'. */
const NOT_OURS = /^# (HELP|TYPE) (go_|process_|promhttp_|node_exporter_build_info)|^promhttp_/

let folder: string
const before = process.cwd()

beforeAll(() => {
  const archive = join(shared, 'fixtures.tar.gz')
  if (!existsSync(archive)) throw new Error(`no fixtures at ${archive}`)
  folder = mkdtempSync(join(tmpdir(), 'node-exporter-'))
  execFileSync('tar', ['xzf', archive, '-C', folder])
  process.chdir(folder)
})

afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true, force: true })
})

type Value = boolean | string | number | readonly string[]

async function gather(options: {
  values: Readonly<Record<string, Value>>
  isEnabled: (name: string) => boolean
  fixtures?: string
}) {
  const files = createFiles()
  const fixtures = options.fixtures ?? 'collector/fixtures'
  const clock = new FakeClock(0)
  const log = recordLog()
  const set = createCollectors({
    paths: {
      root: fixtures,
      proc: `${fixtures}/proc`,
      sys: `${fixtures}/sys`,
      udev: `${fixtures}/udev/data`,
    },
    flags: createFlagValues(
      new Map(Object.entries(options.values)),
      new Map(collectorFlags().map((flag) => [flag.name, parseFallback(flag)])),
    ),
    host: { files, clock, net: undefined as never },
    log,
    system: createSystemFacts({ files, env: {} }),
    isEnabled: options.isEnabled,
  })
  const { families, errors } = combineFamilies(await set.gather())
  return { text: writeText(families), errors, log }
}

const lines = (text: string) =>
  text.split('\n').filter((line) => !MASK.test(line) && !NOT_OURS.test(line))

test('the fixture tree gives the original page line for line', async () => {
  const defaults = new Set(collectors.filter((one) => one.isDefault).map((one) => one.name))
  const { text } = await gather({
    values: VALUES,
    isEnabled: (name) => !OFF.includes(name) && (ON.includes(name) || defaults.has(name)),
  })
  const expected = readFileSync(join(shared, 'e2e-output.txt'), 'utf8')
  expect(lines(text)).toEqual(lines(expected))
})

describe('text files', () => {
  const f = (name: string, directories: string[], out = name) =>
    test(`${name} gives the expected page`, async () => {
      process.chdir(join(folder, 'collector'))
      try {
        const { text } = await gather({
          values: { 'collector.textfile.directory': directories },
          isEnabled: (one) => one === 'textfile',
        })
        const ours = text
          .split('\n')
          .filter((line) => !/scrape_collector/.test(line))
          .map((line) => line.replace(/^(node_textfile_mtime_seconds\{.*\}) .*/, '$1 1'))
        expect(ours.join('\n')).toBe(readFileSync(`fixtures/textfile/${out}.out`, 'utf8'))
      } finally {
        process.chdir(folder)
      }
    })
  for (const name of [
    'client_side_timestamp',
    'different_metric_types',
    'histogram',
    'histogram_extra_dimension',
    'inconsistent_metrics',
    'metrics_merge_different_help',
    'metrics_merge_empty_help',
    'metrics_merge_no_help',
    'metrics_merge_same_help',
    'no_metric_files',
    'summary',
    'summary_extra_dimension',
    'two_metric_files',
  ]) {
    f(name, [`fixtures/textfile/${name}`])
  }
  f('nonexistent_path', ['fixtures/textfile/nonexistent_path'])
  f('glob', ['fixtures/textfile/*_extra_dimension'], 'glob_extra_dimension')
})

describe('ipvs', () => {
  const f = (labels: string | undefined, out: string) =>
    test(`labels ${labels ?? 'by default'} give ${out}`, async () => {
      const { text } = await gather({
        values: labels === undefined ? {} : { 'collector.ipvs.backend-labels': labels },
        isEnabled: (one) => one === 'ipvs',
      })
      const ours = text.split('\n').filter((line) => !/scrape_collector/.test(line))
      const expected = readFileSync(`collector/fixtures/${out}`, 'utf8')
      expect(ours.join('\n')).toBe(expected)
    })
  f(undefined, 'ip_vs_result.txt')
  f('', 'ip_vs_result_lbs_none.txt')
  f('local_port', 'ip_vs_result_lbs_local_port.txt')
  f('local_address,local_port', 'ip_vs_result_lbs_local_address_local_port.txt')
})

test('names of PCI devices come from pci.ids', async () => {
  const { text } = await gather({
    values: {
      'collector.pcidevice.names': true,
      'collector.pcidevice.idsfile': 'collector/fixtures/pci.ids',
    },
    isEnabled: (one) => one === 'pcidevice',
  })
  // The expected file was put together by hand: its families are in no order.
  const isSample = (line: string) => line.startsWith('node_pcidevice')
  const expected = readFileSync('collector/fixtures/pcidevice-names-output.txt', 'utf8')
  expect(text.split('\n').filter(isSample).sort()).toEqual(
    expected.split('\n').filter(isSample).sort(),
  )
})

test('a fuzzed tree gives errors of collectors, never a crash or a wrong page', async () => {
  const copy = join(folder, 'fuzzed')
  execFileSync('cp', ['-a', join(folder, 'collector/fixtures'), copy])
  execFileSync('chmod', ['-R', 'u+rw', copy])
  const random = seededRandom(7)
  const paths = execFileSync('find', [join(copy, 'proc'), join(copy, 'sys'), '-type', 'f'])
    .toString()
    .trim()
    .split('\n')
  for (let round = 0; round < 5; round++) {
    for (const path of paths) {
      if (random.next() < 0.7) continue
      const bytes = readFileSync(path)
      const kind = random.next()
      if (kind < 0.4)
        writeFileSync(path, bytes.subarray(0, Math.floor(random.next() * bytes.length)))
      else if (kind < 0.5) writeFileSync(path, '')
      else {
        for (let i = 0; i < 3; i++)
          bytes[Math.floor(random.next() * bytes.length)] = random.next() * 256
        writeFileSync(path, bytes)
      }
    }
    const { text } = await gather({
      values: { ...VALUES, 'collector.textfile.directory': [] },
      isEnabled: (name) => !OFF.includes(name) && !UNSUPPORTED.includes(name),
      fixtures: copy,
    })
    for (const line of text.split('\n')) {
      if (line.startsWith('#') || line === '') continue
      expect(line).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? (NaN|[+-]?(Inf|[\d.]+(e[+-]\d+)?))$/)
    }
    expect(() => parseFamilies(Buffer.from(text))).not.toThrow()
  }
})
