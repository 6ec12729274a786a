import { type CollectorDeps, defineCollector, NoDataError } from '../collector.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { signedOrUndefined } from '../kernel-number.ts'
import type { Page } from '../page.ts'
import { type PciNames, readPciNames } from './pci-ids.ts'

const ROOT = 'bus/pci/devices'
const LOCATION = ['segment', 'bus', 'device', 'function']
const PARENT = LOCATION.map((name) => `parent_${name}`)
const IDS = [
  'class_id',
  'vendor_id',
  'device_id',
  'subsystem_vendor_id',
  'subsystem_device_id',
  'revision',
]
const NAMES = [
  'class_name',
  'vendor_name',
  'device_name',
  'subsystem_vendor_name',
  'subsystem_device_name',
]
const POWER_STATES = ['D0', 'D1', 'D2', 'D3hot', 'D3cold', 'unknown', 'error']
const GIGA = 1e9

export const pcidevice = defineCollector({
  name: 'pcidevice',
  isDefault: false,
  flags: [
    {
      name: 'collector.pcidevice.idsfile',
      kind: 'string',
      help: 'Path to pci.ids file to use for PCI device identification.',
    },
    {
      name: 'collector.pcidevice.names',
      kind: 'boolean',
      fallback: 'false',
      help: 'Enable PCI device name resolution (requires pci.ids file).',
    },
  ],
  create: (deps) => {
    const names = openNames(deps)
    return (page) => {
      const { sys, log } = deps
      const devices = sys.listIfThere(ROOT)
      if (devices === undefined) {
        log.debug('PCI device not found, skipping')
        throw new NoDataError()
      }
      for (const device of devices) addDevice(page, sys, device, names)
    }
  },
})

function openNames({ flags, files, log }: CollectorDeps): PciNames | undefined {
  if (!flags.boolean('collector.pcidevice.names')) return undefined
  const names = readPciNames(files, flags.string('collector.pcidevice.idsfile'))
  if (!names) log.warn('Failed to open PCI IDs file, names will not be resolved')
  return names
}

function addDevice(page: Page, sys: KernelFiles, name: string, names: PciNames | undefined): void {
  const folder = `${ROOT}/${name}`
  const location = parseLocation(name)
  if (!location || !sys.isLink(folder)) return
  const hex = (file: string, digits: number) => {
    const text = sys.attributeIfThere(`${folder}/${file}`) ?? '0x0'
    return `0x${Number(text).toString(16).padStart(digits, '0')}`
  }
  const ids = [
    hex('class', 6),
    hex('vendor', 4),
    hex('device', 4),
    hex('subsystem_vendor', 4),
    hex('subsystem_device', 4),
    hex('revision', 2),
  ]
  const parent = parentOf(sys.linkTarget(folder)) ?? ['*', '*', '*', '*']
  page
    .gauge(
      'node_pcidevice_info',
      'Non-numeric data from /sys/bus/pci/devices/<location>, value is always 1.',
      names ? [...LOCATION, ...PARENT, ...IDS, ...NAMES] : [...LOCATION, ...PARENT, ...IDS],
    )
    .add(1, ...location, ...parent, ...ids, ...(names ? names.namesOf(ids) : []))
  addNumbers(page, sys, folder, location)
  addPowerState(page, sys, folder, location)
}

function addNumbers(
  page: Page,
  sys: KernelFiles,
  folder: string,
  location: readonly string[],
): void {
  const speed = (file: string) => {
    const text = sys.attributeIfThere(`${folder}/${file}`)
    const number = /^([\d.]+) GT\/s/.exec(text ?? '')?.[1]
    return number === undefined ? -1 : Number(number) * GIGA
  }
  const read = (file: string) => signedOrUndefined(sys.attributeIfThere(`${folder}/${file}`))
  const width = (file: string) => {
    const lanes = read(file)
    // The kernel says 255 or 0 where there is no link.
    return lanes === undefined || lanes === 255 ? -1 : lanes
  }
  const rows: readonly (readonly [name: string, help: string, value: number])[] = [
    [
      'node_pcidevice_max_link_transfers_per_second',
      "Value of maximum link's transfers per second (T/s)",
      speed('max_link_speed'),
    ],
    [
      'node_pcidevice_max_link_width',
      "Value of maximum link's width (number of lanes)",
      width('max_link_width'),
    ],
    [
      'node_pcidevice_current_link_transfers_per_second',
      "Value of current link's transfers per second (T/s)",
      speed('current_link_speed'),
    ],
    [
      'node_pcidevice_current_link_width',
      "Value of current link's width (number of lanes)",
      width('current_link_width'),
    ],
    [
      'node_pcidevice_d3cold_allowed',
      'Whether the PCIe device supports D3cold power state (0/1).',
      read('d3cold_allowed') ?? 0,
    ],
    [
      'node_pcidevice_sriov_drivers_autoprobe',
      'Whether SR-IOV drivers autoprobe is enabled for the device (0/1).',
      read('sriov_drivers_autoprobe') ?? 0,
    ],
    [
      'node_pcidevice_sriov_numvfs',
      'Number of Virtual Functions (VFs) currently enabled for SR-IOV.',
      read('sriov_numvfs') ?? 0,
    ],
    [
      'node_pcidevice_sriov_totalvfs',
      'Total number of Virtual Functions (VFs) supported by the device.',
      read('sriov_totalvfs') ?? 0,
    ],
    [
      'node_pcidevice_sriov_vf_total_msix',
      'Total number of MSI-X vectors for Virtual Functions.',
      read('sriov_vf_total_msix') ?? 0,
    ],
  ]
  for (const [name, help, value] of rows) page.gauge(name, help, LOCATION).add(value, ...location)
  const node = read('numa_node')
  if (node !== undefined && node !== -1) {
    page
      .gauge(
        'node_pcidevice_numa_node',
        'NUMA node number for the PCI device. -1 indicates unknown or not available.',
        LOCATION,
      )
      .add(node, ...location)
  }
}

function addPowerState(
  page: Page,
  sys: KernelFiles,
  folder: string,
  location: readonly string[],
): void {
  const current = sys.attributeIfThere(`${folder}/power_state`)
  if (current === undefined) return
  const samples = page.gauge(
    'node_pcidevice_power_state',
    'PCIe device power state, one of: D0, D1, D2, D3hot, D3cold, unknown or error.',
    [...LOCATION, 'state'],
  )
  for (const state of POWER_STATES) samples.add(state === current ? 1 : 0, ...location, state)
}

/** `0000:01:00.0` in its parts, each with as many digits as it has there. */
function parseLocation(name: string): string[] | undefined {
  const match = /^([0-9a-f]{4,}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-9a-f])$/.exec(name)
  return match ? match.slice(1) : undefined
}

/** The device above, from the path of a device below it. */
function parentOf(target: string): string[] | undefined {
  return parseLocation(target.split('/').at(-2) ?? '')
}
