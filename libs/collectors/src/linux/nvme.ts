import { defineCollector, NoDataError } from '../collector.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { parseUnsigned } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const ROOT = 'class/nvme'

export const nvme = defineCollector({
  name: 'nvme',
  isDefault: true,
  create:
    ({ sys, log }) =>
    (page) => {
      const devices = sys.listIfThere(ROOT)
      if (devices === undefined) {
        log.debug('nvme statistics not found, skipping')
        throw new NoDataError()
      }
      for (const device of devices) addDevice(page, sys, device)
    },
})

function addDevice(page: Page, sys: KernelFiles, device: string): void {
  const folder = `${ROOT}/${device}`
  const text = (name: string) => sys.attributeIfThere(`${folder}/${name}`) ?? ''
  page
    .gauge('node_nvme_info', 'Non-numeric data from /sys/class/nvme/<device>, value is always 1.', [
      'device',
      'firmware_revision',
      'model',
      'serial',
      'state',
      'cntlid',
    ])
    .add(
      1,
      device,
      text('firmware_rev'),
      text('model'),
      text('serial'),
      text('state'),
      text('cntlid'),
    )
  for (const name of sys.list(folder)) {
    const nsid = /^nvme\d+(?:c\d+)?n(\d+)$/.exec(name)?.[1]
    if (nsid !== undefined) addNamespace(page, sys, `${folder}/${name}`, device, nsid)
  }
}

function addNamespace(page: Page, sys: KernelFiles, folder: string, device: string, nsid: string) {
  const read = (name: string) => parseUnsigned(sys.attribute(`${folder}/${name}`))
  const blockBytes = read('queue/logical_block_size')
  const sizeBytes = read('size') * blockBytes
  page
    .gauge('node_nvme_namespace_info', 'Information about NVMe namespaces. Value is always 1', [
      ...NAMESPACE,
      'ana_state',
    ])
    .add(1, device, nsid, sys.attributeIfThere(`${folder}/ana_state`) ?? 'unknown')
  page
    .gauge(
      'node_nvme_namespace_capacity_bytes',
      'Capacity of the NVMe namespace in bytes. Computed as namespace_size * namespace_logical_block_size',
      NAMESPACE,
    )
    .add(sizeBytes, device, nsid)
  page
    .gauge(
      'node_nvme_namespace_size_bytes',
      'Size of the NVMe namespace in bytes. Available in /sys/class/nvme/<device>/<namespace>/size',
      NAMESPACE,
    )
    .add(sizeBytes, device, nsid)
  page
    .gauge(
      'node_nvme_namespace_used_bytes',
      'Used space of the NVMe namespace in bytes. Available in /sys/class/nvme/<device>/<namespace>/nuse',
      NAMESPACE,
    )
    .add(read('nuse') * blockBytes, device, nsid)
  page
    .gauge(
      'node_nvme_namespace_logical_block_size_bytes',
      'Logical block size of the NVMe namespace in bytes. Usually 4Kb. Available in /sys/class/nvme/<device>/<namespace>/queue/logical_block_size',
      NAMESPACE,
    )
    .add(blockBytes, device, nsid)
}

const NAMESPACE = ['device', 'nsid']
