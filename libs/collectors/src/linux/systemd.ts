import { AnchoredRegex } from '@prom/regex'
import { type CollectorDeps, defineCollector } from '../collector.ts'
import { DbusConnection } from '../dbus.ts'
import type { Page } from '../page.ts'
import { addUnitDetails, SystemdBus, type SystemdUnit, type UnitOptions } from './systemd-units.ts'

const STATES = ['active', 'activating', 'deactivating', 'inactive', 'failed']
/** The first version that tells when a timer last fired and whether the system is up. */
const VERSION_TIMERS = 212

export const systemd = defineCollector({
  name: 'systemd',
  isDefault: false,
  flags: [
    {
      name: 'collector.systemd.unit-include',
      kind: 'string',
      fallback: '.+',
      help: 'Regexp of systemd units to include. Units must both match include and not match exclude to be included.',
    },
    {
      name: 'collector.systemd.unit-exclude',
      kind: 'string',
      fallback: '.+\\.(automount|device|mount|scope|slice)',
      help: 'Regexp of systemd units to exclude. Units must both match include and not match exclude to be included.',
    },
    {
      name: 'collector.systemd.unit-whitelist',
      kind: 'string',
      isHidden: true,
      help: 'DEPRECATED: Use --collector.systemd.unit-include',
    },
    {
      name: 'collector.systemd.unit-blacklist',
      kind: 'string',
      isHidden: true,
      help: 'DEPRECATED: Use collector.systemd.unit-exclude',
    },
    {
      name: 'collector.systemd.private',
      kind: 'boolean',
      fallback: 'false',
      isHidden: true,
      help: 'Establish a private, direct connection to systemd without dbus (Strongly discouraged since it requires root. For testing purposes only).',
    },
    {
      name: 'collector.systemd.enable-task-metrics',
      kind: 'boolean',
      fallback: 'false',
      help: 'Enables service unit tasks metrics unit_tasks_current and unit_tasks_max',
    },
    {
      name: 'collector.systemd.enable-restarts-metrics',
      kind: 'boolean',
      fallback: 'false',
      help: 'Enables service unit metric service_restart_total',
    },
    {
      name: 'collector.systemd.enable-start-time-metrics',
      kind: 'boolean',
      fallback: 'false',
      help: 'Enables service unit metric unit_start_time_seconds',
    },
  ],
  create: (deps) => {
    const include = chooseUnits(deps, 'include', 'whitelist')
    const exclude = chooseUnits(deps, 'exclude', 'blacklist')
    const { flags } = deps
    const options: UnitOptions = {
      hasTasks: flags.boolean('collector.systemd.enable-task-metrics'),
      hasRestarts: flags.boolean('collector.systemd.enable-restarts-metrics'),
      hasStartTimes: flags.boolean('collector.systemd.enable-start-time-metrics'),
    }
    return async (page, signal) => {
      const bus = await openBus(deps, signal)
      try {
        const version = await addSystem(page, bus)
        const units = await bus.listUnits()
        addSummary(page, units)
        const chosen = units.filter(
          ({ name, load }) => load === 'loaded' && include.matches(name) && !exclude.matches(name),
        )
        addStates(page, chosen, await bus.types(chosen))
        await addUnitDetails(page, bus, chosen, {
          ...options,
          hasTimers: version >= VERSION_TIMERS,
        })
      } finally {
        bus.close()
      }
    }
  },
})

function chooseUnits({ flags, log }: CollectorDeps, name: string, old: string): AnchoredRegex {
  const flag = `collector.systemd.unit-${name}`
  const oldFlag = `collector.systemd.unit-${old}`
  let pattern = flags.string(flag)
  if (flags.string(oldFlag) !== '') {
    if (flags.isGiven(flag)) throw new Error(`--${oldFlag} and --${flag} are mutually exclusive`)
    log.warn(`--${oldFlag} is DEPRECATED and will be removed in 2.0.0, use --${flag}`)
    pattern = flags.string(oldFlag)
  }
  log.info(`Parsed flag --${flag}`, { flag: pattern })
  return AnchoredRegex.compile(pattern)
}

/** Over the system bus, or straight to systemd where that is asked for or all there is. */
async function openBus(deps: CollectorDeps, signal: AbortSignal): Promise<SystemdBus> {
  const isPrivate = deps.flags.boolean('collector.systemd.private')
  const open = (path: string, isBus: boolean) => DbusConnection.open(deps, path, { isBus, signal })
  try {
    if (!isPrivate) {
      const connection = await open('/var/run/dbus/system_bus_socket', true).catch(() => undefined)
      if (connection) return new SystemdBus(connection, 'org.freedesktop.systemd1')
    }
    return new SystemdBus(await open('/run/systemd/private', false), undefined)
  } catch (err) {
    throw new Error(`couldn't get dbus connection: ${(err as Error).message}`)
  }
}

/** What systemd is and whether the system is up. Returns the version. */
async function addSystem(page: Page, bus: SystemdBus): Promise<number> {
  const text = String(await bus.manager('Version'))
  const version = Number(/\d{3,}(?:\.\d+)?/.exec(text)?.[0] ?? 0)
  page.gauge('node_systemd_version', 'Detected systemd version', ['version']).add(version, text)
  const virtualization = await bus.manager('Virtualization').then(
    (value) => String(value) || 'none',
    () => 'unknown',
  )
  page
    .gauge('node_systemd_virtualization_info', 'Detected virtualization technology', [
      'virtualization_type',
    ])
    .add(1, virtualization)
  if (version >= VERSION_TIMERS) {
    const state = await bus.manager('SystemState')
    page
      .gauge(
        'node_systemd_system_running',
        "Whether the system is operational (see 'systemctl is-system-running')",
      )
      .add(state === 'running' ? 1 : 0)
  }
  return version
}

function addSummary(page: Page, units: readonly SystemdUnit[]): void {
  const samples = page.gauge('node_systemd_units', 'Summary of systemd unit states', ['state'])
  for (const state of STATES) {
    samples.add(units.filter((unit) => unit.active === state).length, state)
  }
}

function addStates(page: Page, units: readonly SystemdUnit[], types: readonly string[]): void {
  const samples = page.gauge('node_systemd_unit_state', 'Systemd unit', ['name', 'state', 'type'])
  units.forEach((unit, i) => {
    for (const state of STATES) {
      samples.add(unit.active === state ? 1 : 0, unit.name, state, types[i] ?? '')
    }
  })
}
