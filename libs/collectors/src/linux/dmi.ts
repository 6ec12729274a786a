import { type CollectorDeps, defineCollector, NoDataError } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'

const FOLDER = 'class/dmi/id'
const NAMES =
  'bios_date bios_release bios_vendor bios_version board_asset_tag board_name board_serial board_vendor board_version chassis_asset_tag chassis_serial chassis_vendor chassis_version product_family product_name product_serial product_sku product_uuid product_version system_vendor'.split(
    ' ',
  )

export const dmi = defineCollector({
  name: 'dmi',
  isDefault: true,
  create: (deps) => {
    // The board does not change while it runs.
    const facts = readFacts(deps)
    return (page) => {
      if (facts.length === 0) throw new NoDataError()
      page
        .gauge(
          'node_dmi_info',
          `A metric with a constant '1' value labeled by ${NAMES.join(', ')} if provided by DMI.`,
          facts.map(([name]) => name),
        )
        .add(1, ...facts.map(([, value]) => value))
    }
  },
})

function readFacts({ sys, log }: CollectorDeps): [name: string, value: string][] {
  if (!sys.isFolder(FOLDER)) {
    log.debug('Platform does not support Desktop Management Interface (DMI) information', {
      err: `failed to read directory ${JSON.stringify(sys.path(FOLDER))}`,
    })
    return []
  }
  const facts: [string, string][] = []
  for (const name of NAMES) {
    const file = name === 'system_vendor' ? 'sys_vendor' : name
    const text = sys.attributeIfThere(`${FOLDER}/${file}`)
    if (text !== undefined) facts.push([name, splitLines(text).join(' ')])
  }
  return facts
}
