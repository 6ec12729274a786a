import { type CollectorDeps, defineCollector, NoDataError } from '../collector.ts'
import { chooseFilter } from '../filter-flags.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { parseUnsigned, unsignedOrUndefined } from '../kernel-number.ts'
import type { Page } from '../page.ts'
import { INFINIBAND_COUNTERS } from './infiniband-counters.ts'

const ROOT = 'class/infiniband'
/** A gigabit in bytes. */
const GIGABIT_BYTES = 125_000_000

export const infiniband = defineCollector({
  name: 'infiniband',
  isDefault: true,
  flags: [
    {
      name: 'collector.infiniband.device-include',
      kind: 'string',
      help: 'Regexp of infiniband devices to include (mutually exclusive to device-exclude).',
    },
    {
      name: 'collector.infiniband.device-exclude',
      kind: 'string',
      help: 'Regexp of infiniband devices to exclude (mutually exclusive to device-include).',
    },
  ],
  create: (deps: CollectorDeps) => {
    const filter = chooseFilter(deps, {
      exclude: 'collector.infiniband.device-exclude',
      include: 'collector.infiniband.device-include',
      isBothAllowed: true,
    })
    return (page) => {
      const { sys, log } = deps
      const devices = sys.listIfThere(ROOT)
      if (devices === undefined) {
        log.debug('infiniband statistics not found, skipping')
        throw new NoDataError()
      }
      for (const device of devices) {
        if (!filter.ignores(device)) addDevice(page, sys, device)
      }
    }
  },
})

function addDevice(page: Page, sys: KernelFiles, device: string): void {
  const folder = `${ROOT}/${device}`
  const text = (name: string) => sys.attributeIfThere(`${folder}/${name}`) ?? ''
  page
    .gauge(
      'node_infiniband_info',
      'Non-numeric data from /sys/class/infiniband/<device>, value is always 1.',
      ['device', 'board_id', 'firmware_version', 'hca_type'],
    )
    .add(1, device, text('board_id'), text('fw_ver'), text('hca_type'))
  for (const port of sys.list(`${folder}/ports`))
    addPort(page, sys, `${folder}/ports/${port}`, device, port)
}

function addPort(page: Page, sys: KernelFiles, folder: string, device: string, port: string): void {
  // `4: ACTIVE`
  const idOf = (name: string) => parseUnsigned(sys.attribute(`${folder}/${name}`).split(':')[0])
  page
    .gauge(
      'node_infiniband_state_id',
      'State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act defer)',
      PORT,
    )
    .add(idOf('state'), device, port)
  page
    .gauge(
      'node_infiniband_physical_state_id',
      'Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4: shift, 5: link up, 6: link error recover, 7: phytest)',
      PORT,
    )
    .add(idOf('phys_state'), device, port)
  const rate = /^([\d.]+) Gb\/sec/.exec(sys.attribute(`${folder}/rate`))?.[1]
  page
    .gauge('node_infiniband_rate_bytes_per_second', 'Maximum signal transfer rate', PORT)
    .add(Number(rate ?? 0) * GIGABIT_BYTES, device, port)

  for (const [file, name, help, scale = 1] of INFINIBAND_COUNTERS) {
    // What a card does not count it says in words: `N/A (no PMA)`.
    const value = unsignedOrUndefined(sys.attributeIfThere(`${folder}/${file}`))
    if (value !== undefined) page.counter(name, help, PORT).add(value * scale, device, port)
  }
  const lifespan = unsignedOrUndefined(sys.attributeIfThere(`${folder}/hw_counters/lifespan`))
  if (lifespan !== undefined) {
    page
      .gauge(
        'node_infiniband_lifespan_seconds',
        'The maximum period in ms which defines the aging of the counter reads. Two consecutive reads within this period might return the same values.',
        PORT,
      )
      .add(Math.floor(lifespan / 1000), device, port)
  }
}

const PORT = ['device', 'port']
