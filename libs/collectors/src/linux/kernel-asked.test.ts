import { createFiles } from '@prom/runtime/node'
import { recordLog } from '@prom/testkit'
import type { CollectorDefinition, CollectorDeps, KernelCalls } from '../collector.ts'
import { collectors } from '../collectors.ts'
import { createFlagValues } from '../flag-table.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { Page } from '../page.ts'
import { parseFallback } from '../testing/fallback.ts'

/** What a collector says that asks the kernel by calls; `files` are those of sysfs. */
function collect(
  name: string,
  kernel: Partial<KernelCalls> | undefined,
  values: Record<string, string | readonly string[]> = {},
  files: Record<string, string> = {},
): { lines: string[]; log: ReturnType<typeof recordLog> } {
  const definition = collectors.find((one) => one.name === name) as CollectorDefinition
  const fallbacks = new Map(
    (definition.flags ?? []).map((flag) => [flag.name, parseFallback(flag)] as const),
  )
  const log = recordLog()
  const sys = {
    list: (folder: string) => [
      ...new Set(
        Object.keys(files)
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split('/')[0] as string),
      ),
    ],
    isFolder: () => true,
    path: (path: string) => `/sys/${path}`,
    exists: (path: string) => Object.keys(files).some((one) => one.startsWith(path)),
    attribute: (path: string) => {
      if (!(path in files)) throw Object.assign(new Error('none'), { code: 'ENOENT' })
      return files[path]
    },
    attributeIfThere: (path: string) => files[path],
  } as unknown as KernelFiles
  const deps = {
    sys,
    own: { sys, proc: sys },
    files: createFiles(),
    log,
    flags: createFlagValues(new Map(Object.entries(values)), fallbacks),
    system: { kernel },
  } as unknown as CollectorDeps
  const page = new Page()
  void definition.create(deps)(page, new AbortController().signal)
  const lines = page.families().flatMap(({ name: metric, points }) =>
    points.map(({ labels, value }) => {
      const pairs = labels.map((text, i) => (i % 2 ? `"${text}"` : `${i ? ',' : ''}${text}=`))
      return `${metric}{${pairs.join('')}} ${value}`
    }),
  )
  return { lines, log }
}

const DEVICES = { 'class/net/eth0/flags': '0x1003' }

/** A driver with these counters, as the ioctl has them. */
function driver(
  stats: readonly (readonly [name: string, value: number])[],
  settings?: { supported: number; advertised: number },
): Partial<KernelCalls> {
  return {
    ethtool: (_device, data) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      const command = bytes.readUInt32LE(0)
      if (command === 1) {
        if (!settings) return -95
        bytes.writeUInt32LE(settings.supported, 4)
        bytes.writeUInt32LE(settings.advertised, 8)
        bytes[18] = 1
      } else if (command === 3) {
        bytes.write('e1000e', 4)
        bytes.write('5.11', 36)
        bytes.writeUInt32LE(stats.length, 180)
      } else if (command === 0x1b) {
        for (const [i, [name]] of stats.entries()) bytes.write(name, 12 + i * 32)
      } else if (command === 0x1d) {
        for (const [i, [, value]] of stats.entries()) {
          bytes.writeBigUInt64LE(BigInt(value), 8 + i * 8)
        }
      }
      return 0
    },
  }
}

describe('ethtool', () => {
  const f = (name: string, stats: [string, number][], expected: string[], include = '.*') =>
    test(name, () => {
      const { lines } = collect(
        'ethtool',
        driver(stats),
        { 'collector.ethtool.metrics-include': include },
        DEVICES,
      )
      expect(lines.slice(1)).toEqual(expected)
    })
  f(
    'spells rx and tx out where they are words',
    [
      ['rx_kicks', 1],
      ['queue.tx.drops', 2],
      ['rx0_tx_x', 3],
    ],
    [
      'node_ethtool_queue_transmitted_drops{device="eth0"} 2',
      'node_ethtool_rx0_transmitted_x{device="eth0"} 3',
      'node_ethtool_received_kicks{device="eth0"} 1',
    ],
  )
  f(
    'knows the usual counters by better names',
    [
      ['tx_bytes', 7],
      ['rx_errors', 8],
    ],
    [
      'node_ethtool_received_errors_total{device="eth0"} 8',
      'node_ethtool_transmitted_bytes_total{device="eth0"} 7',
    ],
  )
  f(
    'drops counters whose names come out equal, all of them',
    [
      ['a b', 1],
      ['a_b', 2],
      ['a-b', 3],
      ['c', 4],
    ],
    ['node_ethtool_c{device="eth0"} 4'],
  )
  f(
    'takes only what is asked for',
    [
      ['rx_a', 1],
      ['tx_a', 2],
    ],
    ['node_ethtool_received_a{device="eth0"} 1'],
    '^rx',
  )

  test('tells what the port can do and offers', () => {
    const settings = { supported: (1 << 5) | (1 << 6) | (1 << 7) | (1 << 13), advertised: 1 << 1 }
    const { lines } = collect('ethtool', driver([], settings), {}, DEVICES)
    expect(lines).toEqual([
      'node_network_supported_port_info{device="eth0",type="TP"} 1',
      'node_network_advertised_speed_bytes{device="eth0",duplex="full",mode="10baseT"} 1250000',
      'node_network_supported_speed_bytes{device="eth0",duplex="full",mode="1000baseT"} 125000000',
      'node_network_autonegotiate_supported{device="eth0"} 1',
      'node_network_autonegotiate_advertised{device="eth0"} 0',
      'node_network_pause_supported{device="eth0"} 1',
      'node_network_pause_advertised{device="eth0"} 0',
      'node_network_asymmetricpause_supported{device="eth0"} 0',
      'node_network_asymmetricpause_advertised{device="eth0"} 0',
      'node_network_autonegotiate{device="eth0"} 1',
      'node_ethtool_info{bus_info="",device="eth0",driver="e1000e",expansion_rom_version="",firmware_version="",version="5.11"} 1',
    ])
  })

  test('a driver that does not know the question is told at debug, one that fails as an error', () => {
    for (const [errno, level] of [
      [95, 'debug'],
      [19, 'error'],
    ] as const) {
      const { lines, log } = collect('ethtool', { ethtool: () => -errno }, {}, DEVICES)
      expect(lines).toEqual([])
      expect(log.lines.map((line) => line.level)).toEqual([level, level, level])
    }
  })

  test('without the calls there is no data', () => {
    expect(() => collect('ethtool', undefined, {}, DEVICES)).toThrow('collector returned no data')
  })
})

describe('perf', () => {
  /** Counts what can be opened; the value of a counter is its number. */
  function kernel(canOpen: (type: number, config: number, cpu: number) => boolean | number) {
    const opened: string[] = []
    const calls: Partial<KernelCalls> = {
      perfOpen: (attributes, cpu) => {
        const bytes = Buffer.from(attributes)
        const config = Number(bytes.readBigUInt64LE(8))
        const verdict = canOpen(bytes.readUInt32LE(0), config, cpu)
        if (typeof verdict === 'number') return verdict
        return verdict ? opened.push(`${bytes.readUInt32LE(0)}/${config}@${cpu}`) : -2
      },
      perfRead: (counter) => counter,
    }
    return { opened, calls }
  }
  const none = {
    'collector.perf.disable-hardware-profilers': true as never,
    'collector.perf.disable-cache-profilers': true as never,
  }

  test('counts what the machine has on every processor that is asked for', () => {
    const { calls } = kernel((type) => type === 1)
    const { lines } = collect('perf', calls, { 'collector.perf.cpus': '0-5:4,7' })
    expect(lines.filter((line) => line.includes('page_faults'))).toEqual([
      'node_perf_page_faults_total{cpu="0"} 1',
      'node_perf_page_faults_total{cpu="4"} 2',
      'node_perf_page_faults_total{cpu="7"} 3',
    ])
    expect(lines).toHaveLength(15)
  })

  test('counts only the profilers that are named, and the default ones of the cache otherwise', () => {
    const { calls, opened } = kernel(() => true)
    collect('perf', calls, {
      'collector.perf.cpus': '0',
      'collector.perf.hardware-profilers': ['CpuCycles', 'RefCpuCycles'],
      'collector.perf.software-profilers': ['MajorFault'],
    })
    expect(opened).toEqual([
      '0/0@0',
      '0/9@0',
      '1/6@0',
      '3/0@0',
      '3/65536@0',
      '3/256@0',
      '3/65537@0',
      '3/4@0',
      '3/65540@0',
      '3/3@0',
      '3/65539@0',
    ])
  })

  test('finds tracepoints by their file', () => {
    const { calls } = kernel((type) => type === 2)
    const point = { 'collector.perf.tracepoint': ['sched:switch'], 'collector.perf.cpus': '0' }
    const files = { 'kernel/tracing/events/sched/switch/id': '314' }
    const { lines } = collect('perf', calls, { ...none, ...point }, files)
    expect(lines).toEqual(['node_perf_sched_switch{cpu="0"} 1'])
    expect(() => collect('perf', calls, { ...none, ...point })).toThrow(
      'Mount for tracefs not mounted',
    )
  })

  const f = (name: string, values: Record<string, string | readonly string[]>, error: string) =>
    test(name, () => {
      const { calls } = kernel((type) => type === 1)
      const files = { 'kernel/tracing/events/a/b/id': '1' }
      expect(() => collect('perf', calls, values, files)).toThrow(error)
    })
  f('refuses processors that are no numbers', { 'collector.perf.cpus': '0,x' }, 'strconv.Atoi')
  f(
    'refuses a tracepoint that is none',
    { 'collector.perf.tracepoint': ['bad'] },
    'invalid tracepoint config bad',
  )
  f(
    'refuses a tracepoint that leaves its folder',
    { 'collector.perf.tracepoint': ['..:..'] },
    'invalid tracepoint config ..:..',
  )
  f(
    'refuses a tracepoint that is not there',
    { 'collector.perf.tracepoint': ['a:c'] },
    'Failed to get tracepoint config for a:c: "open /sys/kernel/tracing/events/a/c/id: no such file or directory"',
  )

  test('has nothing to say where it may not count, and no data where nobody can', () => {
    const { calls } = kernel(() => -13)
    expect(collect('perf', calls, { 'collector.perf.cpus': '0' }).lines).toEqual([])
    expect(() => collect('perf', undefined, { 'collector.perf.cpus': '0' })).toThrow(
      'collector returned no data',
    )
  })
})
