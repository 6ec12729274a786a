import { defineCollector } from '../collector.ts'
import { DbusConnection } from '../dbus.ts'

const SYSTEM_BUS = '/var/run/dbus/system_bus_socket'
const LOGIND = 'org.freedesktop.login1'
const TYPES = ['other', 'unspecified', 'tty', 'x11', 'wayland', 'mir', 'web']
const CLASSES = ['other', 'user', 'greeter', 'lock-screen', 'background']
const REMOTES = ['true', 'false']

export const logind = defineCollector({
  name: 'logind',
  isDefault: false,
  create: (deps) => async (page, signal) => {
    const bus = await DbusConnection.open(deps, SYSTEM_BUS, { isBus: true, signal }).catch(
      (err: Error) => {
        throw new Error(`unable to connect to dbus: ${err.message}`)
      },
    )
    try {
      const manager = {
        destination: LOGIND,
        path: '/org/freedesktop/login1',
        interface: `${LOGIND}.Manager`,
      }
      const [seatList] = (await bus.call({ ...manager, member: 'ListSeats' })) as [
        [string, string][],
      ]
      const [sessions] = (await bus.call({ ...manager, member: 'ListSessions' })) as [
        [id: string, user: number, name: string, seat: string, path: string][],
      ]
      const counts = new Map<string, number>()
      for (const [, , , seat, path] of sessions) {
        const session = { destination: LOGIND, path, interface: `${LOGIND}.Session` }
        const [remote, type, kind] = await Promise.all(
          ['Remote', 'Type', 'Class'].map((name) => bus.property(session, name)),
        )
        const known = (value: unknown, values: readonly string[]) =>
          values.includes(String(value)) ? String(value) : 'other'
        const key = [seat, String(remote), known(type, TYPES), known(kind, CLASSES)].join('\0')
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      const samples = page.gauge(
        'node_logind_sessions',
        'Number of sessions registered in logind.',
        ['seat', 'remote', 'type', 'class'],
      )
      for (const seat of ['', ...seatList.map(([name]) => name)]) {
        for (const remote of REMOTES) {
          for (const type of TYPES) {
            for (const kind of CLASSES) {
              const labels = [seat, remote, type, kind]
              samples.add(counts.get(labels.join('\0')) ?? 0, ...labels)
            }
          }
        }
      }
    } finally {
      bus.close()
    }
  },
})
