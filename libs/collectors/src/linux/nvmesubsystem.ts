import { defineCollector, NoDataError } from '../collector.ts'
import type { KernelFiles } from '../kernel-files.ts'
import type { Page } from '../page.ts'

const ROOT = 'class/nvme-subsystem'
const STATES = ['connecting', 'dead', 'deleting', 'live', 'new', 'resetting', 'unknown']

export const nvmesubsystem = defineCollector({
  name: 'nvmesubsystem',
  isDefault: false,
  create:
    ({ sys, log }) =>
    (page) => {
      const names = sys.listIfThere(ROOT)
      if (names === undefined) {
        log.debug('NVMe subsystem statistics not found, skipping')
        throw new NoDataError()
      }
      for (const name of names) {
        if (/^nvme-subsys\d+$/.test(name)) addSubsystem(page, sys, `${ROOT}/${name}`, name)
      }
    },
})

function addSubsystem(page: Page, sys: KernelFiles, folder: string, subsystem: string): void {
  const text = (name: string) => sys.attributeIfThere(`${folder}/${name}`) ?? ''
  page
    .gauge(
      'node_nvmesubsystem_info',
      'Non-numeric information about an NVMe subsystem, value is always 1.',
      ['subsystem', 'nqn', 'model', 'serial', 'iopolicy'],
    )
    .add(1, subsystem, text('subsysnqn'), text('model'), text('serial'), text('iopolicy'))

  const paths = page.gauge(
    'node_nvmesubsystem_path_state',
    'Current state of an NVMe path, 1 for the state it is in.',
    ['subsystem', 'controller', 'transport', 'state'],
  )
  const namespaces = page.gauge(
    'node_nvmesubsystem_namespace_info',
    'Namespaces of an NVMe subsystem, value is always 1.',
    ['subsystem', 'device'],
  )
  let count = 0
  let live = 0
  for (const name of sys.list(folder)) {
    if (/^nvme\d+n\d+$/.test(name)) namespaces.add(1, subsystem, name)
    if (!/^nvme\d+$/.test(name)) continue
    count++
    const state = stateOf(text(`${name}/state`))
    if (state === 'live') live++
    for (const one of STATES) {
      paths.add(one === state ? 1 : 0, subsystem, name, text(`${name}/transport`), one)
    }
  }
  page
    .gauge('node_nvmesubsystem_paths', 'Number of paths of an NVMe subsystem.', SUBSYSTEM)
    .add(count, subsystem)
  page
    .gauge('node_nvmesubsystem_paths_live', 'Number of live paths of an NVMe subsystem.', SUBSYSTEM)
    .add(live, subsystem)
}

function stateOf(text: string): string {
  if (text === 'deleting (no IO)') return 'deleting'
  return STATES.includes(text) ? text : 'unknown'
}

const SUBSYSTEM = ['subsystem']
