import { defineCollector } from '../collector.ts'
import type { KernelFiles } from '../kernel-files.ts'
import { parseUnsigned } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const CONTROLLERS = 'devices/system/edac/mc'

export const edac = defineCollector({
  name: 'edac',
  isDefault: true,
  create:
    ({ sys }) =>
    (page) => {
      for (const name of sys.listIfThere(CONTROLLERS) ?? []) {
        const controller = /^mc(\d+)$/.exec(name)?.[1]
        if (controller !== undefined) addController(page, sys, `${CONTROLLERS}/${name}`, controller)
      }
    },
})

function addController(page: Page, sys: KernelFiles, folder: string, controller: string): void {
  const read = (name: string) => parseUnsigned(sys.attribute(`${folder}/${name}`))
  page
    .counter('node_edac_correctable_errors_total', 'Total correctable memory errors.', CONTROLLER)
    .add(read('ce_count'), controller)
  page
    .counter(
      'node_edac_uncorrectable_errors_total',
      'Total uncorrectable memory errors.',
      CONTROLLER,
    )
    .add(read('ue_count'), controller)
  const correctable = page.counter(
    'node_edac_csrow_correctable_errors_total',
    'Total correctable memory errors for this csrow.',
    ROW,
  )
  const uncorrectable = page.counter(
    'node_edac_csrow_uncorrectable_errors_total',
    'Total uncorrectable memory errors for this csrow.',
    ROW,
  )
  correctable.add(read('ce_noinfo_count'), controller, 'unknown')
  uncorrectable.add(read('ue_noinfo_count'), controller, 'unknown')
  for (const name of sys.list(folder)) {
    const row = /^csrow(\d+)$/.exec(name)?.[1]
    if (row === undefined) continue
    correctable.add(read(`${name}/ce_count`), controller, row)
    uncorrectable.add(read(`${name}/ue_count`), controller, row)
    addChannels(page, sys, `${folder}/${name}`, controller, row)
  }
}

function addChannels(
  page: Page,
  sys: KernelFiles,
  folder: string,
  controller: string,
  row: string,
): void {
  const correctable = page.counter(
    'node_edac_channel_correctable_errors_total',
    'Total correctable memory errors for this channel.',
    CHANNEL,
  )
  const uncorrectable = page.counter(
    'node_edac_channel_uncorrectable_errors_total',
    'Total uncorrectable memory errors for this channel.',
    CHANNEL,
  )
  for (const file of sys.list(folder)) {
    const channel = /^ch(\d+)_ce_count$/.exec(file)?.[1]
    if (channel === undefined) continue
    const label = sys.attributeIfThere(`${folder}/ch${channel}_dimm_label`)
    const dimm = label === undefined ? 'unknown' : cleanLabel(label)
    correctable.add(
      parseUnsigned(sys.attribute(`${folder}/${file}`)),
      controller,
      row,
      channel,
      dimm,
    )
    const count = sys.attributeIfThere(`${folder}/ch${channel}_ue_count`)
    if (count !== undefined) uncorrectable.add(parseUnsigned(count), controller, row, channel, dimm)
  }
}

/** `mc#0csrow#0channel#0` reads better as `mc0_csrow0_channel0`. */
function cleanLabel(label: string): string {
  return label.replaceAll('#', '').replaceAll('csrow', '_csrow').replaceAll('channel', '_channel')
}

const CONTROLLER = ['controller']
const ROW = ['controller', 'csrow']
const CHANNEL = ['controller', 'csrow', 'channel', 'dimm_label']
