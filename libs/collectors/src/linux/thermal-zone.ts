import { defineCollector } from '../collector.ts'
import { parseSigned } from '../kernel-number.ts'

const ROOT = 'class/thermal'

export const thermalZone = defineCollector({
  name: 'thermal_zone',
  isDefault: true,
  create:
    ({ sys }) =>
    (page) => {
      const names = sys.listIfThere(ROOT) ?? []
      for (const name of names) {
        const zone = /^thermal_zone(\d.*)$/.exec(name)?.[1]
        if (zone === undefined) continue
        // A zone can be switched off, and then has no temperature.
        const millidegrees = sys.attributeIfThere(`${ROOT}/${name}/temp`)
        if (millidegrees === undefined) continue
        page
          .gauge('node_thermal_zone_temp', 'Zone temperature in Celsius', ['zone', 'type'])
          .add(parseSigned(millidegrees) / 1000, zone, sys.attribute(`${ROOT}/${name}/type`))
      }
      for (const name of names) {
        const device = /^cooling_device(\d.*)$/.exec(name)?.[1]
        if (device === undefined) continue
        const type = sys.attribute(`${ROOT}/${name}/type`)
        page
          .gauge(
            'node_cooling_device_cur_state',
            'Current throttle state of the cooling device',
            COOLING,
          )
          .add(parseSigned(sys.attribute(`${ROOT}/${name}/cur_state`)), device, type)
        page
          .gauge(
            'node_cooling_device_max_state',
            'Maximum throttle state of the cooling device',
            COOLING,
          )
          .add(parseSigned(sys.attribute(`${ROOT}/${name}/max_state`)), device, type)
      }
    },
})

const COOLING = ['name', 'type']
