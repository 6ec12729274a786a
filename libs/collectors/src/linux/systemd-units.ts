/** Questions to systemd about its units. */
import type { DbusConnection } from '../dbus.ts'
import type { DbusValue } from '../dbus-message.ts'
import type { Page } from '../page.ts'

const SYSTEMD = 'org.freedesktop.systemd1'
/** The largest number there is: no limit. */
const UNLIMITED = 2 ** 64

export interface SystemdUnit {
  readonly name: string
  readonly load: string
  readonly active: string
  readonly path: string
}

export interface UnitOptions {
  readonly hasTasks: boolean
  readonly hasRestarts: boolean
  readonly hasStartTimes: boolean
  readonly hasTimers?: boolean
}

export class SystemdBus {
  readonly #connection: DbusConnection
  readonly #to: { readonly destination?: string }

  constructor(connection: DbusConnection, destination: string | undefined) {
    this.#connection = connection
    this.#to = destination === undefined ? {} : { destination }
  }

  manager(property: string): Promise<DbusValue> {
    const object = { path: '/org/freedesktop/systemd1', interface: `${SYSTEMD}.Manager` }
    return this.#connection.property({ ...this.#to, ...object }, property)
  }

  async listUnits(): Promise<SystemdUnit[]> {
    const [rows] = await this.#connection.call({
      ...this.#to,
      path: '/org/freedesktop/systemd1',
      interface: `${SYSTEMD}.Manager`,
      member: 'ListUnits',
    })
    return (rows as string[][]).map(([name = '', , load = '', active = '', , , path = '']) => ({
      name,
      load,
      active,
      path,
    }))
  }

  /** A number, or undefined if this unit has none. */
  async number({ path }: SystemdUnit, kind: string, property: string): Promise<number | undefined> {
    const value = await this.#property(path, kind, property)
    return typeof value === 'number' ? value : undefined
  }

  /** What kind of service or mount each unit is; empty for the others. */
  types(units: readonly SystemdUnit[]): Promise<string[]> {
    return Promise.all(
      units.map(async ({ name, path }) => {
        const kind = name.endsWith('.service') ? 'Service' : name.endsWith('.mount') ? 'Mount' : ''
        return kind === '' ? '' : String((await this.#property(path, kind, 'Type')) ?? '')
      }),
    )
  }

  close(): void {
    this.#connection.close()
  }

  #property(path: string, kind: string, property: string): Promise<DbusValue | undefined> {
    return this.#connection
      .property({ ...this.#to, path, interface: `${SYSTEMD}.${kind}` }, property)
      .catch(() => undefined)
  }
}

/** What only some kinds of units have. */
export async function addUnitDetails(
  page: Page,
  bus: SystemdBus,
  units: readonly SystemdUnit[],
  options: UnitOptions,
): Promise<void> {
  const ending = (suffix: string) => units.filter(({ name }) => name.endsWith(suffix))
  const each = (chosen: readonly SystemdUnit[], add: (unit: SystemdUnit) => Promise<void>) =>
    Promise.all(chosen.map(add))

  if (options.hasStartTimes) {
    await each(units, async (unit) => {
      const time =
        unit.active === 'active' ? await bus.number(unit, 'Unit', 'ActiveEnterTimestamp') : 0
      page
        .gauge(
          'node_systemd_unit_start_time_seconds',
          'Start time of unit since unix epoch in seconds.',
          NAME,
        )
        .add((time ?? 0) / 1e6, unit.name)
    })
  }
  if (options.hasTasks) {
    await each(ending('.service'), async (unit) => {
      const current = await bus.number(unit, 'Service', 'TasksCurrent')
      const max = await bus.number(unit, 'Service', 'TasksMax')
      if (current !== undefined && current < UNLIMITED) {
        page
          .gauge(
            'node_systemd_unit_tasks_current',
            'Current number of tasks per Systemd unit',
            NAME,
          )
          .add(current, unit.name)
      }
      if (max !== undefined && max < UNLIMITED) {
        page
          .gauge('node_systemd_unit_tasks_max', 'Maximum number of tasks per Systemd unit', NAME)
          .add(max, unit.name)
      }
    })
  }
  if (options.hasRestarts) {
    await each(ending('.service'), async (unit) => {
      const count = await bus.number(unit, 'Service', 'NRestarts')
      if (count === undefined) return
      page
        .counter(
          'node_systemd_service_restart_total',
          'Service unit count of Restart triggers',
          NAME,
        )
        .add(count, unit.name)
    })
  }
  if (options.hasTimers) {
    await each(ending('.timer'), async (unit) => {
      const time = await bus.number(unit, 'Timer', 'LastTriggerUSec')
      if (time === undefined) return
      page
        .gauge(
          'node_systemd_timer_last_trigger_seconds',
          'Seconds since epoch of last trigger.',
          NAME,
        )
        .add(time / 1e6, unit.name)
    })
  }
  await each(ending('.socket'), (unit) => addSocket(page, bus, unit))
}

async function addSocket(page: Page, bus: SystemdBus, unit: SystemdUnit): Promise<void> {
  const [accepted, connections, refused] = await Promise.all(
    ['NAccepted', 'NConnections', 'NRefused'].map((name) => bus.number(unit, 'Socket', name)),
  )
  if (accepted === undefined || connections === undefined) return
  page
    .counter(
      'node_systemd_socket_accepted_connections_total',
      'Total number of accepted socket connections',
      NAME,
    )
    .add(accepted, unit.name)
  page
    .gauge('node_systemd_socket_current_connections', 'Current number of socket connections', NAME)
    .add(connections, unit.name)
  // Older versions do not count these.
  if (refused === undefined) return
  page
    .gauge(
      'node_systemd_socket_refused_connections_total',
      'Total number of refused socket connections',
      NAME,
    )
    .add(refused, unit.name)
}

const NAME = ['name']
