/** Makes the collectors that are on, each with what it needs. */
import type { Host, Logger } from '@prom/runtime'
import type { CollectorDefinition, CollectorFlags, SystemFacts } from './collector.ts'
import { CollectorSet } from './collector-set.ts'
import { collectors } from './collectors.ts'
import { KernelFiles } from './kernel-files.ts'
import { checkMountPoints } from './mount-points.ts'

export interface CollectorPaths {
  readonly proc: string
  readonly sys: string
  readonly root: string
  readonly udev: string
}

interface Options {
  readonly paths: CollectorPaths
  readonly flags: CollectorFlags
  readonly host: Pick<Host, 'files' | 'net' | 'clock'>
  readonly log: Logger
  readonly system: SystemFacts
  readonly isEnabled: (collector: string) => boolean
  readonly definitions?: readonly CollectorDefinition[]
}

/** Throws the first error of a constructor, with the collector's name. */
export function createCollectors(options: Options): CollectorSet {
  const { paths, flags, host, log, system, isEnabled, definitions = collectors } = options
  const { files, net, clock } = host
  const below = (root: string) => new KernelFiles(files, root, system.kernel?.readFile)
  const shared = {
    proc: below(paths.proc),
    sys: below(paths.sys),
    own: { proc: below('/proc'), sys: below('/sys') },
    rootPath: paths.root,
    udevPath: paths.udev,
    files,
    net,
    clock,
    flags,
    system,
    isEnabled,
  }
  const set = new CollectorSet({ clock, log })
  for (const definition of definitions) {
    const { name } = definition
    if (!isEnabled(name)) continue
    checkMountPoints(name, paths, files)
    set.add(definition, { ...shared, log: log.with({ collector: name }) })
  }
  return set
}
