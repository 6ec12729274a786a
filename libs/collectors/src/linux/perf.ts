import {
  type CollectorDeps,
  type CollectorFlag,
  defineCollector,
  NoDataError,
} from '../collector.ts'
import { errorCode } from '../kernel-files.ts'
import {
  CACHE_EVENTS,
  DEFAULT_CACHE_PROFILERS,
  HARDWARE_EVENTS,
  type PerfEvent,
  SOFTWARE_EVENTS,
  TRACEPOINT,
} from './perf-events.ts'

const CPUS_MAX = 8192
const ATTRIBUTE_BYTES = 64
/** Bits of struct perf_event_attr: off until it is started; children and the hypervisor do not count. */
const DISABLED = 1
const EXCLUDE_HYPERVISOR = 1 << 6

const list = (name: string, help: string): CollectorFlag => ({ name, kind: 'strings', help })
const toggle = (name: string, help: string): CollectorFlag => ({
  name,
  kind: 'boolean',
  fallback: 'false',
  help,
})

/** Counters run from the start of the program; what this machine cannot count is left out. */
export const perf = defineCollector({
  name: 'perf',
  isDefault: false,
  flags: [
    {
      name: 'collector.perf.cpus',
      kind: 'string',
      fallback: '',
      help: 'List of CPUs from which perf metrics should be collected',
    },
    list('collector.perf.tracepoint', 'perf tracepoint that should be collected'),
    toggle('collector.perf.disable-hardware-profilers', 'disable perf hardware profilers'),
    list('collector.perf.hardware-profilers', 'perf hardware profilers that should be collected'),
    toggle('collector.perf.disable-software-profilers', 'disable perf software profilers'),
    list('collector.perf.software-profilers', 'perf software profilers that should be collected'),
    toggle('collector.perf.disable-cache-profilers', 'disable perf cache profilers'),
    list('collector.perf.cache-profilers', 'perf cache profilers that should be collected'),
  ],
  create: (deps) => {
    const cpus = chooseCpus(deps)
    const events = [...chooseEvents(deps), ...tracepoints(deps)]
    const { kernel } = deps.system
    const counters: { event: PerfEvent; cpu: string; counter: number }[] = []
    for (const event of events) {
      for (const cpu of cpus) {
        // Compat: without the right to count it starts all the same, with nothing to say.
        const counter = kernel?.perfOpen(attributesOf(event), cpu) ?? -1
        if (counter >= 0) counters.push({ event, cpu: String(cpu), counter })
        else deps.log.debug('perf event is not there', { profiler: event.profiler, cpu })
      }
    }
    return (page) => {
      if (!kernel) throw new NoDataError('perf events cannot be counted on this platform')
      for (const { event, cpu, counter } of counters) {
        const value = kernel.perfRead(counter)
        if (value !== undefined) page.counter(event.metric, event.help, ['cpu']).add(value, cpu)
      }
    }
  },
})

function attributesOf({ type, config }: PerfEvent): Buffer {
  const attributes = Buffer.alloc(ATTRIBUTE_BYTES)
  attributes.writeUInt32LE(type, 0)
  attributes.writeBigUInt64LE(BigInt(config), 8)
  attributes.writeUInt32LE(DISABLED | EXCLUDE_HYPERVISOR, 40)
  return attributes
}

function chooseEvents({ flags }: CollectorDeps): PerfEvent[] {
  const choose = (kind: string, events: readonly PerfEvent[], defaults?: readonly string[]) => {
    if (flags.boolean(`collector.perf.disable-${kind}-profilers`)) return []
    const chosen = flags.strings(`collector.perf.${kind}-profilers`)
    const names = chosen.length > 0 ? chosen : defaults
    return names ? events.filter(({ profiler }) => names.includes(profiler)) : events
  }
  return [
    ...choose('hardware', HARDWARE_EVENTS),
    ...choose('software', SOFTWARE_EVENTS),
    ...choose('cache', CACHE_EVENTS, DEFAULT_CACHE_PROFILERS),
  ]
}

/** `subsystem:event`, whose number is a file of tracefs. */
function tracepoints({ flags, own, sys }: CollectorDeps): PerfEvent[] {
  const wanted = flags.strings('collector.perf.tracepoint')
  if (wanted.length === 0) return []
  const root = TRACE_FOLDERS.find((folder) => own.sys.exists(`${folder}/events`))
  if (!root) throw new Error('Mount for tracefs not mounted')
  return wanted.map((point) => {
    const [subsystem, name, ...rest] = point.split(':')
    if (!subsystem || !name || rest.length > 0 || /[/.]/.test(subsystem + name)) {
      throw new Error(`invalid tracepoint config ${point}`)
    }
    const path = `${root}/events/${subsystem}/${name}/id`
    try {
      return {
        profiler: point,
        metric: `node_perf_${subsystem}_${name}`,
        help: `Perf tracepoint ${subsystem}:${name}`,
        type: TRACEPOINT,
        config: Number(own.sys.attribute(path)),
      }
    } catch (err) {
      const reason = errorCode(err) === 'ENOENT' ? 'no such file or directory' : String(err)
      throw new Error(
        `Failed to get tracepoint config for ${point}: "open ${sys.path(path)}: ${reason}"`,
      )
    }
  })
}

const TRACE_FOLDERS = ['kernel/tracing', 'kernel/debug/tracing']

/** `0-3,7` or with a stride `0-8:2`; without the flag every processor there is. */
function chooseCpus({ flags, own }: CollectorDeps): number[] {
  const text = flags.string('collector.perf.cpus')
  const given = text === '' ? (own.sys.attributeIfThere('devices/system/cpu/online') ?? '0') : text
  const cpus = given.split(',').flatMap((part) => {
    const [range = '', stride] = part.split(':')
    const [first, last] = range.split('-')
    const from = parseNumber(first ?? '')
    const to = last === undefined ? from : parseNumber(last)
    const step = stride === undefined ? 1 : Math.max(1, parseNumber(stride))
    const numbers: number[] = []
    for (let cpu = from; cpu <= Math.min(to, CPUS_MAX); cpu += step) numbers.push(cpu)
    return numbers
  })
  return [...new Set(cpus)]
}

function parseNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
}
