import { defineCollector, NoDataError } from '../collector.ts'
import { errorCode, type KernelFiles } from '../kernel-files.ts'
import { metricNamePart, parseUnsigned } from '../kernel-number.ts'

const ROOT = 'class/powercap'

interface Zone {
  readonly name: string
  readonly index: string
  readonly folder: string
}

export const rapl = defineCollector({
  name: 'rapl',
  isDefault: true,
  flags: [
    {
      name: 'collector.rapl.enable-zone-label',
      kind: 'boolean',
      fallback: 'false',
      help: 'Enables service unit metric unit_start_time_seconds',
    },
  ],
  create: ({ sys, flags, log }) => {
    const hasZoneLabel = flags.boolean('collector.rapl.enable-zone-label')
    return (page) => {
      try {
        for (const { name, index, folder } of listZones(sys)) {
          const joules = parseUnsigned(sys.attribute(`${folder}/energy_uj`)) / 1e6
          const path = sys.path(folder)
          if (hasZoneLabel) {
            page
              .counter('node_rapl_joules_total', 'Current RAPL value in joules', [
                'index',
                'path',
                'rapl_zone',
              ])
              .add(joules, index, path, name)
          } else {
            page
              .counter(
                `node_rapl_${metricNamePart(name)}_joules_total`,
                `Current RAPL ${name} value in joules`,
                ['index', 'path'],
              )
              .add(joules, index, path)
          }
        }
      } catch (err) {
        if (errorCode(err) === 'EACCES' || errorCode(err) === 'ENOENT') {
          log.debug("Platform doesn't have powercap files present", { err })
          throw new NoDataError(err)
        }
        throw err
      }
    }
  },
})

/** Zones with an energy counter. `package-1` is package number 1; others are counted as they come. */
function listZones(sys: KernelFiles): Zone[] {
  const counts = new Map<string, number>()
  const zones: Zone[] = []
  for (const entry of sys.list(ROOT)) {
    const folder = `${ROOT}/${entry}`
    const full = sys.attributeIfThere(`${folder}/name`)
    if (full === undefined || sys.attributeIfThere(`${folder}/max_energy_range_uj`) === undefined)
      continue
    const numbered = /^(.*)-(\d+)$/.exec(full)
    const name = numbered ? (numbered[1] as string) : full
    const seen = counts.get(name) ?? 0
    counts.set(name, seen + 1)
    zones.push({ name, index: numbered ? (numbered[2] as string) : String(seen), folder })
  }
  return zones
}
