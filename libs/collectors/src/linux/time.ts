import { defineCollector } from '../collector.ts'
import { words } from '../kernel-number.ts'

const CLOCKSOURCES = 'devices/system/clocksource'
/** As the help texts name the folder. */
const QUOTED = `'/sys/${CLOCKSOURCES}'`

export const time = defineCollector({
  name: 'time',
  isDefault: true,
  create:
    ({ sys, clock, system }) =>
    (page) => {
      const now = clock.now()
      const zone = system.timeZone(now)
      page.gauge('node_time_seconds', 'System time in seconds since epoch (1970).').add(now / 1000)
      page
        .gauge('node_time_zone_offset_seconds', 'System time zone offset in seconds.', [
          'time_zone',
        ])
        .add(zone.offsetSeconds, zone.name)

      const available = page.gauge(
        'node_time_clocksource_available_info',
        `Available clocksources read from ${QUOTED}.`,
        ['device', 'clocksource'],
      )
      const current = page.gauge(
        'node_time_clocksource_current_info',
        `Current clocksource read from ${QUOTED}.`,
        ['device', 'clocksource'],
      )
      for (const name of sys.listIfThere(CLOCKSOURCES) ?? []) {
        if (!/^clocksource\d/.test(name)) continue
        const device = name.slice('clocksource'.length)
        for (const source of words(
          sys.attribute(`${CLOCKSOURCES}/${name}/available_clocksource`),
        )) {
          available.add(1, device, source)
        }
        current.add(1, device, sys.attribute(`${CLOCKSOURCES}/${name}/current_clocksource`))
      }
    },
})
