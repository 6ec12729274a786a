import { type CollectorDeps, defineCollector } from '../collector.ts'
import { chooseFilter } from '../filter-flags.ts'
import { type Qdisc, readQdiscs } from './rtnetlink-qdisc.ts'

const COLUMNS: readonly (readonly [key: keyof Qdisc & string, name: string, help: string])[] = [
  ['bytes', 'node_qdisc_bytes_total', 'Number of bytes sent.'],
  ['packets', 'node_qdisc_packets_total', 'Number of packets sent.'],
  ['drops', 'node_qdisc_drops_total', 'Number of packets dropped.'],
  [
    'requeues',
    'node_qdisc_requeues_total',
    'Number of packets dequeued, not transmitted, and requeued.',
  ],
  ['overlimits', 'node_qdisc_overlimits_total', 'Number of overlimit packets.'],
  [
    'queueLength',
    'node_qdisc_current_queue_length',
    'Number of packets currently in queue to be sent.',
  ],
  ['backlog', 'node_qdisc_backlog', 'Number of bytes currently in queue to be sent.'],
]

export const qdisc = defineCollector({
  name: 'qdisc',
  isDefault: false,
  flags: [
    {
      name: 'collector.qdisc.fixtures',
      kind: 'string',
      fallback: '',
      help: 'test fixtures to use for qdisc collector end-to-end testing',
    },
    {
      name: 'collector.qdisc.device-include',
      kind: 'string',
      help: 'Regexp of qdisc devices to include (mutually exclusive to device-exclude).',
    },
    {
      name: 'collector.qdisc.device-exclude',
      kind: 'string',
      help: 'Regexp of qdisc devices to exclude (mutually exclusive to device-include).',
    },
    {
      name: 'collector.qdisk.device-include',
      kind: 'string',
      isHidden: true,
      help: 'DEPRECATED: Use collector.qdisc.device-include',
    },
    {
      name: 'collector.qdisk.device-exclude',
      kind: 'string',
      isHidden: true,
      help: 'DEPRECATED: Use collector.qdisc.device-exclude',
    },
  ],
  create: (deps) => {
    const filter = chooseFilter(deps, {
      exclude: 'collector.qdisc.device-exclude',
      include: 'collector.qdisc.device-include',
      oldExclude: 'collector.qdisk.device-exclude',
      oldInclude: 'collector.qdisk.device-include',
      conflict:
        'collector.qdisc.device-include and collector.qdisc.device-exclude are mutaly exclusive',
    })
    const fixtures = deps.flags.string('collector.qdisc.fixtures')
    return (page) => {
      const qdiscs = fixtures === '' ? readQdiscs(deps.system) : readFixtures(deps, fixtures)
      for (const one of qdiscs) {
        if (one.parent !== 0 || filter.ignores(one.device)) continue
        for (const [key, name, help] of COLUMNS) {
          const samples = name.endsWith('_total')
            ? page.counter(name, help, LABELS)
            : page.gauge(name, help, LABELS)
          samples.add(one[key] as number, one.device, one.kind)
        }
      }
    }
  },
})

interface Fixture {
  readonly IfaceName: string
  readonly Kind: string
  readonly Parent?: number
  readonly Bytes?: number
  readonly Packets?: number
  readonly Drops?: number
  readonly Requeues?: number
  readonly Overlimits?: number
  readonly Qlen?: number
  readonly Backlog?: number
}

function readFixtures({ files }: CollectorDeps, folder: string): Qdisc[] {
  const text = files.readTextSync(`${folder.replace(/\/$/, '')}/results.json`)
  return (JSON.parse(text) as Fixture[]).map((one) => ({
    device: one.IfaceName,
    kind: one.Kind,
    parent: one.Parent ?? 0,
    bytes: one.Bytes ?? 0,
    packets: one.Packets ?? 0,
    drops: one.Drops ?? 0,
    requeues: one.Requeues ?? 0,
    overlimits: one.Overlimits ?? 0,
    queueLength: one.Qlen ?? 0,
    backlog: one.Backlog ?? 0,
  }))
}

const LABELS = ['device', 'kind']
