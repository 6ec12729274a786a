import { defineCollector, NoDataError } from '../collector.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { signedOrUndefined, unsignedOrUndefined } from '../kernel-number.ts'
import type { Page } from '../page.ts'
import { parseMdstat } from './mdstat.ts'

const STATES = ['active', 'inactive', 'recovering', 'resync', 'check']

export const mdadm = defineCollector({
  name: 'mdadm',
  isDefault: true,
  create:
    ({ proc, sys, log }) =>
    (page) => {
      const text = proc.textIfThere('mdstat')
      if (text === undefined) {
        log.debug('Not collecting mdstat, file does not exist', { file: proc.root })
        throw new NoDataError()
      }
      for (const array of parseMdstat(text)) {
        const { name } = array
        page
          .gauge('node_md_disks_required', 'Total number of disks of device.', DEVICE)
          .add(array.total, name)
        const disks = page.gauge(
          'node_md_disks',
          'Number of active/failed/spare disks of device.',
          DEVICE_STATE,
        )
        disks.add(array.active, name, 'active')
        disks.add(array.failed, name, 'failed')
        disks.add(array.spare, name, 'spare')
        const states = page.gauge(
          'node_md_state',
          'Indicates the state of md-device.',
          DEVICE_STATE,
        )
        for (const state of STATES) states.add(state === array.state ? 1 : 0, name, state)
        page
          .gauge('node_md_blocks', 'Total number of blocks on device.', DEVICE)
          .add(array.blocks, name)
        page
          .gauge('node_md_blocks_synced', 'Number of blocks synced on device.', DEVICE)
          .add(array.synced, name)
      }
      addSysfs(page, sys)
    },
})

function addSysfs(page: Page, sys: KernelFiles): void {
  for (const name of sys.listIfThere('block') ?? []) {
    const folder = `block/${name}/md`
    if (!name.startsWith('md') || !sys.isFolder(folder)) continue
    // While it is reshaped the old number follows in parentheses. Containers have none.
    const text = sys.attributeIfThere(`${folder}/raid_disks`)?.split(' ')[0]
    const disks = unsignedOrUndefined(text)
    if (disks === undefined) continue
    page.gauge('node_md_raid_disks', 'Number of raid disks on device.', DEVICE).add(disks, name)
    page
      .gauge('node_md_degraded', 'Number of degraded disks on device.', DEVICE)
      .add(signedOrUndefined(sys.attributeIfThere(`${folder}/degraded`)) ?? 0, name)
  }
}

const DEVICE = ['device']
const DEVICE_STATE = ['device', 'state']
