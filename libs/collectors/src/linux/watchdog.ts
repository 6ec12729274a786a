import { defineCollector, NoDataError } from '../collector.ts'
import { parseSigned } from '../kernel-number.ts'

const ROOT = 'class/watchdog'

const NUMBERS = [
  ['bootstatus', 'node_watchdog_bootstatus'],
  ['fw_version', 'node_watchdog_fw_version'],
  ['nowayout', 'node_watchdog_nowayout'],
  ['timeleft', 'node_watchdog_timeleft_seconds'],
  ['timeout', 'node_watchdog_timeout_seconds'],
  ['pretimeout', 'node_watchdog_pretimeout_seconds'],
  ['access_cs0', 'node_watchdog_access_cs0'],
] as const

export const watchdog = defineCollector({
  name: 'watchdog',
  isDefault: true,
  create:
    ({ sys, log }) =>
    (page) => {
      const names = sys.listIfThere(ROOT)
      if (names === undefined) {
        log.debug('watchdog stats not found, skipping')
        throw new NoDataError()
      }
      for (const name of names) {
        const text = (file: string) => sys.attributeIfThere(`${ROOT}/${name}/${file}`)
        for (const [file, metric] of NUMBERS) {
          const value = text(file)
          if (value === undefined) continue
          page
            .gauge(metric, `Value of /sys/class/watchdog/<watchdog>/${file}`, ['name'])
            .add(parseSigned(value), name)
        }
        page
          .gauge('node_watchdog_info', 'Info of /sys/class/watchdog/<watchdog>', INFO)
          .add(1, name, ...INFO.slice(1).map((file) => text(file) ?? ''))
      }
    },
})

const INFO = ['name', 'options', 'identity', 'state', 'status', 'pretimeout_governor']
