import { type CollectorDeps, defineCollector, NoDataError } from '../collector.ts'
import type { DeviceFilter } from '../device-filter.ts'
import { chooseFilter } from '../filter-flags.ts'
import type { KernelFiles } from '../kernel-files.ts'
import type { Page } from '../page.ts'
import { chipName, cleanName, nameOf } from './hwmon-chip.ts'
import { metricOf } from './hwmon-metric.ts'

const ROOT = 'class/hwmon'
const TYPES =
  'vrm|beep_enable|update_interval|in|cpu|fan|pwm|temp|curr|power|energy|humidity|intrusion|freq'
/** A file of a sensor: type, number, and what of it. */
const FILE = new RegExp(`^(${TYPES})(\\d*)(?:_(.+))?$`)

/** What the files of one sensor say: property to its text; the empty property is the bare file. */
type Sensor = { readonly type: string; readonly properties: Map<string, string> }

export const hwmon = defineCollector({
  name: 'hwmon',
  isDefault: true,
  flags: [
    {
      name: 'collector.hwmon.chip-include',
      kind: 'string',
      help: 'Regexp of hwmon chip to include (mutually exclusive to device-exclude).',
    },
    {
      name: 'collector.hwmon.chip-exclude',
      kind: 'string',
      help: 'Regexp of hwmon chip to exclude (mutually exclusive to device-include).',
    },
    {
      name: 'collector.hwmon.sensor-include',
      kind: 'string',
      help: 'Regexp of hwmon sensor to include (mutually exclusive to sensor-exclude).',
    },
    {
      name: 'collector.hwmon.sensor-exclude',
      kind: 'string',
      help: 'Regexp of hwmon sensor to exclude (mutually exclusive to sensor-include).',
    },
  ],
  create: (deps) => {
    const chips = chooseFilter(deps, {
      exclude: 'collector.hwmon.chip-exclude',
      include: 'collector.hwmon.chip-include',
      isBothAllowed: true,
    })
    const sensors = chooseFilter(deps, {
      exclude: 'collector.hwmon.sensor-exclude',
      include: 'collector.hwmon.sensor-include',
      isBothAllowed: true,
    })
    return (page) => {
      const { sys, log } = deps
      const names = sys.listIfThere(ROOT)
      if (names === undefined) {
        log.debug('hwmon collector metrics are not available for this system')
        throw new NoDataError()
      }
      for (const [name, chip] of distinctChips(deps, names)) {
        if (chips.ignores(chip)) {
          log.debug('ignoring hwmon chip', { chip })
          continue
        }
        addChip(page, sys, `${ROOT}/${name}`, chip, sensors)
      }
    }
  },
})

/** Folders with the label of their chip. Chips of one device are told apart by their name, or else their folder. */
function distinctChips({ sys }: CollectorDeps, names: readonly string[]): Map<string, string> {
  const found = names
    .filter((name) => sys.isFolder(`${ROOT}/${name}`))
    .map((name) => ({
      name,
      chip: chipName(sys, `${ROOT}/${name}`),
      own: nameOf(sys, `${ROOT}/${name}`),
    }))
  const count = (text: string, of: (one: (typeof found)[number]) => string) =>
    found.filter((one) => of(one) === text).length
  return new Map(
    found.map((one) => {
      const { name, chip, own } = one
      if (count(chip, (other) => other.chip) < 2) return [name, chip]
      const full = ({ chip, own }: (typeof found)[number]) => `${chip}_${own}`
      const isUnique = own !== '' && count(full(one), full) === 1
      return [name, isUnique ? full(one) : `${chip}_${cleanName(name)}`]
    }),
  )
}

function addChip(
  page: Page,
  sys: KernelFiles,
  folder: string,
  chip: string,
  filter: DeviceFilter,
): void {
  const sensors = new Map<string, Sensor>()
  readSensors(sys, folder, sensors)
  if (sys.isFolder(`${folder}/device`)) readSensors(sys, `${folder}/device`, sensors)

  const ownName = sys.attributeIfThere(`${folder}/name`)
  if (ownName) {
    page
      .gauge('node_hwmon_chip_names', 'Annotation metric for human-readable chip names', [
        'chip',
        'chip_name',
      ])
      .add(1, chip, cleanName(ownName))
  }
  for (const [sensor, { type, properties }] of sensors) {
    if (filter.ignores(`${chip};${sensor}`)) continue
    const label = properties.get('label')
    if (label !== undefined) {
      page
        .gauge('node_hwmon_sensor_label', 'Label for given chip and sensor', [
          'chip',
          'sensor',
          'label',
        ])
        .add(1, chip, sensor, label)
    }
    for (const [property, text] of properties) {
      const metric = metricOf(type, property, text, properties)
      if (!metric) continue
      const { name, help, value, isCounter } = metric
      const samples = isCounter ? page.counter(name, help, SENSOR) : page.gauge(name, help, SENSOR)
      samples.add(value, chip, type === 'freq' ? cleanName(label ?? '') : sensor)
    }
  }
}

function readSensors(sys: KernelFiles, folder: string, sensors: Map<string, Sensor>): void {
  for (const file of sys.list(folder)) {
    const match = FILE.exec(file)
    if (!match) continue
    const type = match[1] as string
    let text: string | undefined
    try {
      text = sys.attribute(`${folder}/${file}`)
    } catch {
      // A sensor that is switched off answers with an error of its driver's choice.
      continue
    }
    const sensor = `${type}${match[2] || '0'}`
    const known = sensors.get(sensor) ?? { type, properties: new Map() }
    const property = match[3] ?? ''
    known.properties.set(property, property === 'label' ? text : text)
    sensors.set(sensor, known)
  }
}

const SENSOR = ['chip', 'sensor']
