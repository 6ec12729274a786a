import { defineCollector, NoDataError } from '../collector.ts'
import { searchPattern } from '../filter-flags.ts'
import { errorCode, type KernelFiles } from '../kernel-files.ts'
import { signedOrUndefined } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const ROOT = 'class/power_supply'

/** Files of numbers, as `file` or `file name`, by what their numbers are divided by. */
const NUMBERS: readonly (readonly [divisor: number, files: string])[] = [
  [
    1,
    `authentic; calibrate; capacity; capacity_alert_max; capacity_alert_min; cycle_count cyclecount; online; present;
    time_to_empty_now time_to_empty_seconds; time_to_full_now time_to_full_seconds`,
  ],
  [
    1e6,
    `current_boot; current_max; current_now current_ampere; energy_empty; energy_empty_design; energy_full;
    energy_full_design; energy_now energy_watthour; voltage_boot; voltage_max; voltage_max_design; voltage_min;
    voltage_min_design; voltage_now voltage_volt; voltage_ocv; charge_control_limit; charge_control_limit_max;
    charge_counter; charge_empty; charge_empty_design; charge_full; charge_full_design; charge_now charge_ampere;
    charge_term_current; constant_charge_current; constant_charge_current_max; constant_charge_voltage;
    constant_charge_voltage_max; precharge_current; input_current_limit; power_now power_watt`,
  ],
  [
    10,
    `temp temp_celsius; temp_alert_max temp_alert_max_celsius; temp_alert_min temp_alert_min_celsius;
    temp_ambient temp_ambient_celsius; temp_ambient_max temp_ambient_max_celsius;
    temp_ambient_min temp_ambient_min_celsius; temp_max temp_max_celsius; temp_min temp_min_celsius`,
  ],
]
const TEXTS =
  'capacity_level charge_type health manufacturer model_name serial_number status technology type usb_type scope'.split(
    ' ',
  )

export const powersupplyclass = defineCollector({
  name: 'powersupplyclass',
  isDefault: true,
  flags: [
    {
      name: 'collector.powersupply.ignored-supplies',
      kind: 'string',
      fallback: '^$',
      help: 'Regexp of power supplies to ignore for powersupplyclass collector.',
    },
  ],
  create: ({ sys, flags }) => {
    const ignored = searchPattern(flags, 'collector.powersupply.ignored-supplies')
    return (page) => {
      for (const supply of listSupplies(sys)) {
        if (!ignored.matches(supply)) addSupply(page, sys, supply)
      }
    }
  },
})

function listSupplies(sys: KernelFiles): string[] {
  try {
    return sys.list(ROOT)
  } catch (err) {
    if (errorCode(err) === 'ENOENT') throw new NoDataError(err)
    throw err
  }
}

function addSupply(page: Page, sys: KernelFiles, supply: string): void {
  const folder = `${ROOT}/${supply}`
  const files = new Set(sys.list(folder))
  for (const [divisor, list] of NUMBERS) {
    for (const entry of list.split(';')) {
      const [file = '', name = file] = entry.trim().split(' ')
      if (!files.has(file)) continue
      const value = signedOrUndefined(sys.attributeIfThere(`${folder}/${file}`))
      if (value === undefined) continue
      page
        .gauge(
          `node_power_supply_${name}`,
          `${name} value of /sys/class/power_supply/<power_supply>.`,
          SUPPLY,
        )
        .add(value / divisor, supply)
    }
  }
  const labels = ['power_supply', supply]
  for (const file of TEXTS) {
    const text = files.has(file) ? sys.attributeIfThere(`${folder}/${file}`) : undefined
    if (text) labels.push(file, text)
  }
  page
    .gauge('node_power_supply_info', 'info of /sys/class/power_supply/<power_supply>.')
    .addLabelled(sortPairs(labels), 1)
}

function sortPairs(labels: readonly string[]): string[] {
  const pairs: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2)
    pairs.push([labels[i] as string, labels[i + 1] as string])
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1)).flat()
}

const SUPPLY = ['power_supply']
