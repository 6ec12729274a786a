/** The command line of node_exporter: its own flags, and those of the table of collectors. */
import {
  type CollectorDefinition,
  type CollectorFlag,
  type CollectorFlags,
  collectorFlags,
  collectors,
  createFlagValues,
  enableFlag,
} from '@prom/collectors'
import { logFlags, versionFlag, webFlags } from '@prom/daemon'
import {
  defineProgram,
  flag,
  integer,
  listFlag,
  type Parameter,
  plainGoDuration,
  switchFlag,
  text,
} from '@prom/flags'

const paths = {
  procPath: flag('path.procfs', text, { help: 'procfs mountpoint.', default: '/proc' }),
  sysPath: flag('path.sysfs', text, { help: 'sysfs mountpoint.', default: '/sys' }),
  rootPath: flag('path.rootfs', text, { help: 'rootfs mountpoint.', default: '/' }),
  udevPath: flag('path.udev.data', text, { help: 'udev data path.', default: '/run/udev/data' }),
}

const own = {
  telemetryPath: flag('web.telemetry-path', text, {
    help: 'Path under which to expose metrics.',
    default: '/metrics',
  }),
  disableExporterMetrics: switchFlag('web.disable-exporter-metrics', {
    help: 'Exclude metrics about the exporter itself (promhttp_*, process_*, go_*).',
  }),
  maxRequests: flag('web.max-requests', integer, {
    help: 'Maximum number of parallel scrape requests. Use 0 to disable.',
    default: '40',
  }),
  disableDefaults: switchFlag('collector.disable-defaults', {
    help: 'Set all collectors to disabled by default.',
  }),
  // Accepted so that command lines carry over; there is no Go runtime to tell.
  gomaxprocs: flag('runtime.gomaxprocs', integer, {
    help: 'The target number of CPUs Go will run on (GOMAXPROCS)',
    default: '1',
  }),
}

/** Flags of the collectors are keyed by their names; help lists the paths among them, as the original does. */
export const program = defineProgram({
  name: 'node_exporter',
  help: '',
  flags: {
    ...collectorParameters(),
    ...own,
    ...webFlags(':9100'),
    ...logFlags,
    version: versionFlag,
  },
})

export type NodeFlags = typeof paths & typeof own

function collectorParameters(): typeof paths {
  const before: Record<string, Parameter<unknown>> = {}
  const after: Record<string, Parameter<unknown>> = {}
  for (const one of collectorFlags()) {
    const half = one.name < 'collector.o' ? before : after
    half[one.name] = parameterOf(one)
  }
  for (const definition of collectors) {
    const one = enableFlag(definition)
    after[one.name] = parameterOf(one)
  }
  return { ...before, ...paths, ...after }
}

function parameterOf({ name, kind, help, fallback, isHidden }: CollectorFlag): Parameter<unknown> {
  const options = {
    help,
    ...(fallback !== undefined && { default: fallback }),
    ...(isHidden && { isHidden }),
  }
  switch (kind) {
    case 'boolean':
      return switchFlag(name, options)
    case 'integer':
      return flag(name, integer, options)
    case 'duration':
      return flag(name, plainGoDuration, options)
    case 'strings':
      return listFlag(name, text, { ...options, default: fallback ? [fallback] : [] })
    default:
      return flag(name, text, options)
  }
}

/** The collectors' view of the parsed values. A flag counts as given if the command line names it. */
export function collectorValues(
  values: Readonly<Record<string, unknown>>,
  argv: readonly string[],
): CollectorFlags {
  const given = new Map<string, Value>()
  const fallbacks = new Map<string, Value>()
  const named = namedFlags(argv)
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    const target = named.has(name) ? given : fallbacks
    target.set(name, value as Value)
  }
  return createFlagValues(given, fallbacks)
}

/** Which collectors are on: those the command line names as it says, the others as they are by default. */
export function enabledCollectors(
  flags: CollectorFlags,
  disableDefaults: boolean,
): (definition: CollectorDefinition) => boolean {
  return (definition) => {
    const { name } = enableFlag(definition)
    if (disableDefaults && !flags.isGiven(name)) return false
    return flags.boolean(name)
  }
}

type Value = boolean | string | number | readonly string[]

function namedFlags(argv: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const word of argv) {
    const name = /^--([^=]+)/.exec(word)?.[1]
    if (name === undefined) continue
    names.add(name)
    if (name.startsWith('no-')) names.add(name.slice(3))
  }
  return names
}
