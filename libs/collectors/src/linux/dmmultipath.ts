import { defineCollector } from '../collector.ts'
import { parseUnsigned } from '../kernel-number.ts'

const SECTOR_BYTES = 512
/** States in which SCSI and NVMe devices carry data. */
const ACTIVE = new Set(['running', 'live'])

export const dmmultipath = defineCollector({
  name: 'dmmultipath',
  isDefault: true,
  create:
    ({ sys }) =>
    (page) => {
      const gauge = (name: string, help: string) => page.gauge(name, help, DEVICE)
      for (const name of sys.listIfThere('block') ?? []) {
        if (!name.startsWith('dm-')) continue
        const uuid = sys.attributeIfThere(`block/${name}/dm/uuid`)
        if (!uuid?.startsWith('mpath-')) continue
        const device = sys.attribute(`block/${name}/dm/name`)
        page
          .gauge(
            'node_dmmultipath_device_info',
            'Non-numeric information about a DM-multipath device.',
            [...DEVICE, 'uuid'],
          )
          .add(1, device, name, uuid)
        gauge(
          'node_dmmultipath_device_active',
          'Whether the multipath device-mapper device is active (1) or suspended (0).',
        ).add(sys.attribute(`block/${name}/dm/suspended`) === '0' ? 1 : 0, device, name)
        gauge(
          'node_dmmultipath_device_size_bytes',
          'Size of the multipath device in bytes, read from /sys/block/<dm>/size.',
        ).add(parseUnsigned(sys.attribute(`block/${name}/size`)) * SECTOR_BYTES, device, name)

        const states = page.gauge(
          'node_dmmultipath_path_state',
          'Reports the underlying device state for a multipath path, as read from /sys/block/<dev>/device/state.',
          ['device', 'path', 'state'],
        )
        let active = 0
        const paths = sys.listIfThere(`block/${name}/slaves`) ?? []
        for (const path of paths) {
          const state = sys.attributeIfThere(`block/${path}/device/state`) ?? 'unknown'
          if (ACTIVE.has(state)) active++
          states.add(1, device, path, state)
        }
        gauge('node_dmmultipath_device_paths', 'Number of paths for a multipath device.').add(
          paths.length,
          device,
          name,
        )
        gauge(
          'node_dmmultipath_device_paths_active',
          'Number of paths in active state (SCSI running or NVMe live) for a multipath device.',
        ).add(active, device, name)
        gauge(
          'node_dmmultipath_device_paths_failed',
          'Number of paths not in active state for a multipath device.',
        ).add(paths.length - active, device, name)
      }
    },
})

const DEVICE = ['device', 'sysfs_name']
