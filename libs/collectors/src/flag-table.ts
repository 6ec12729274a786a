/** The flags of the collectors as one table, and their values when no command line names them. */
import type { CollectorDefinition, CollectorFlag, CollectorFlags } from './collector.ts'
import { collectors } from './collectors.ts'

/** The flags of all collectors, in the order of the table. */
export function collectorFlags(
  definitions: readonly CollectorDefinition[] = collectors,
): CollectorFlag[] {
  return definitions.flatMap(({ flags = [] }) => flags)
}

/** The flag that turns a collector on, or off with `--no-` before its name. */
export function enableFlag({ name, isDefault }: CollectorDefinition): CollectorFlag {
  const state = isDefault ? 'enabled' : 'disabled'
  return {
    name: `collector.${name}`,
    kind: 'boolean',
    fallback: String(isDefault),
    help: `Enable the ${name} collector (default: ${state}).`,
  }
}

/** Values by flag name; what is missing has its fallback. Durations are milliseconds. */
export function createFlagValues(
  given: ReadonlyMap<string, boolean | string | number | readonly string[]>,
  fallbacks: ReadonlyMap<string, boolean | string | number | readonly string[]>,
): CollectorFlags {
  const lookUp = (name: string) => given.get(name) ?? fallbacks.get(name)
  return {
    boolean: (name) => lookUp(name) === true,
    string: (name) => String(lookUp(name) ?? ''),
    strings: (name) => (lookUp(name) as readonly string[] | undefined) ?? [],
    number: (name) => Number(lookUp(name) ?? 0),
    isGiven: (name) => given.has(name),
  }
}
