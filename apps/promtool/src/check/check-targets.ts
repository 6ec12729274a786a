/** Targets written into a configuration and its discovery files: do they survive their relabelling? */
import { posix } from 'node:path'
import type { TargetGroupConfig } from '@prom/discovery'
import { Labels } from '@prom/labels'
import { parseDuration, quoteGo } from '@prom/model'
import type { AlertmanagerConfig } from '@prom/notifier'
import { type RelabelConfig, relabel } from '@prom/relabel'
import type { ScrapeConfig } from '@prom/scrape'
import type { Context } from '../context.ts'
import { CheckError, globHere } from './check-config.ts'
import { readSdFile } from './read-sd-file.ts'

/** Throws CheckError; a discovery file that is not there is only worth a warning. */
export async function checkTargets(
  jobs: readonly ScrapeConfig[],
  alertmanagers: readonly AlertmanagerConfig[],
  isSyntaxOnly: boolean,
  context: Context,
): Promise<void> {
  const places = [
    ...jobs.map((job) => ({ ...job, place: `scrape job ${quoteGo(job.jobName)}` })),
    ...alertmanagers.map((manager) => ({ ...manager, place: 'alertmanager config' })),
  ]
  for (const { discovery, relabelConfigs, place } of places) {
    discovery.static.forEach((group, index) => {
      checkGroup(group, String(index), relabelConfigs)
    })
    if (isSyntaxOnly) continue
    for (const pattern of discovery.file.flatMap((config) => config.files)) {
      const paths = globHere(pattern, context)
      if (paths.length === 0) {
        context.host.stdout.write(
          `  WARNING: file ${quoteGo(pattern)} for file_sd in ${place} does not exist\n`,
        )
      }
      for (const path of paths) {
        for (const group of readGroups(path, pattern, context)) {
          checkGroup(group, '', relabelConfigs)
        }
      }
    }
  }
}

function readGroups(
  path: string,
  pattern: string,
  { host }: Context,
): readonly TargetGroupConfig[] {
  try {
    const text = host.files.readTextSync(posix.resolve(host.cwd, path))
    return readSdFile(text, path)
  } catch (err) {
    throw new CheckError(`checking SD file ${quoteGo(pattern)}: ${(err as Error).message}`)
  }
}

function checkGroup(
  group: TargetGroupConfig,
  source: string,
  rules: readonly RelabelConfig[],
): void {
  group.targets.forEach((address, index) => {
    const found = Labels.from({ ...Object.fromEntries(group.labels), __address__: address })
    const labels = relabel(found, rules)
    if (labels === undefined) return
    const problem = addressProblem(labels.get('__address__')) ?? timesProblem(labels)
    if (problem === undefined) return
    throw new CheckError(`instance ${index} in group ${source}: ${problem}`)
  })
}

/** Relabelling may set when a target is scraped. */
function timesProblem(labels: Labels): string | undefined {
  for (const [name, what] of [
    ['__scrape_interval__', 'interval'],
    ['__scrape_timeout__', 'timeout'],
  ] as const) {
    const text = labels.get(name)
    const parsed = text === '' ? undefined : parseDuration(text)
    if (parsed && 'error' in parsed) return `error parsing scrape ${what}: ${parsed.error}`
  }
  return undefined
}

function addressProblem(address: string): string | undefined {
  if (address === '') return 'no address'
  return address.includes('/') ? `${quoteGo(address)} is not a valid hostname` : undefined
}
