/** The pairs of flags that choose devices: include, exclude, and the deprecated names both once had. */
import type { CollectorDeps, CollectorFlags } from './collector.ts'
import { DeviceFilter, SearchPattern } from './device-filter.ts'

interface FilterFlags {
  readonly exclude: string
  readonly include: string
  readonly oldExclude?: string
  readonly oldInclude?: string
  /** Says at start which pattern holds. */
  readonly isLogged?: boolean
  /** Both patterns hold at once instead of excluding each other. */
  readonly isBothAllowed?: boolean
  /** What the original says of both at once; by default that the two flags are mutually exclusive. */
  readonly conflict?: string
}

/** Throws if flags that exclude each other are both given. */
export function chooseFilter({ flags, log }: CollectorDeps, names: FilterFlags): DeviceFilter {
  const current = (name: string, old: string | undefined) => {
    if (old === undefined || flags.string(old) === '') return flags.string(name)
    if (flags.isGiven(name)) {
      throw new Error(`--${old} and --${name} are mutually exclusive`)
    }
    log.warn(`--${old} is DEPRECATED and will be removed in 2.0.0, use --${name}`)
    return flags.string(old)
  }
  const isExcludeGiven =
    flags.isGiven(names.exclude) ||
    (names.oldExclude !== undefined && flags.string(names.oldExclude) !== '')
  let exclude = current(names.exclude, names.oldExclude)
  const include = current(names.include, names.oldInclude)
  if (include !== '' && !names.isBothAllowed) {
    if (isExcludeGiven && exclude !== '') {
      const both = `--${names.exclude} and --${names.include} are mutually exclusive`
      throw new Error(names.conflict?.replace('%s', both) ?? both)
    }
    exclude = ''
  }
  if (names.isLogged) {
    if (exclude !== '') log.info(`Parsed flag --${names.exclude}`, { flag: exclude })
    if (include !== '') log.info(`Parsed flag --${names.include}`, { flag: include })
  }
  return new DeviceFilter(exclude, include, !isExcludeGiven)
}

/** The pattern of one flag. */
export function searchPattern(flags: CollectorFlags, name: string): SearchPattern {
  return new SearchPattern(flags.string(name), !flags.isGiven(name))
}
