/** From discovered targets to the URLs alerts are posted to. */
import { Labels } from '@prom/labels'
import { quoteGo } from '@prom/model'
import { type RelabelRule, relabel } from '@prom/relabel'

/** Targets that belong together, as discovery gives them. */
export interface AlertmanagerTargets {
  /** `host:port` each. */
  readonly targets: readonly string[]
  readonly labels: ReadonlyMap<string, string>
}

export interface AddressRules {
  readonly scheme: string
  readonly pathPrefix: string
  readonly relabelConfigs: readonly RelabelRule[]
}

export interface AlertmanagerAddresses {
  /** Each once. */
  readonly active: readonly string[]
  /** Those that relabelling dropped. */
  readonly dropped: readonly string[]
}

/** Throws an Error where an address is none: `"a/b" is not a valid hostname`. */
export function alertmanagerAddresses(
  groups: readonly AlertmanagerTargets[],
  rules: AddressRules,
): AlertmanagerAddresses {
  const active = new Set<string>()
  const dropped: string[] = []
  for (const { targets, labels } of groups) {
    for (const target of targets) {
      const found = Labels.from([
        ...labels,
        ['__address__', target],
        ['__scheme__', rules.scheme],
        ['__alerts_path__', joinPath(rules.pathPrefix)],
      ])
      const kept = relabel(found, rules.relabelConfigs)
      if (!kept) {
        dropped.push(urlOf(found))
        continue
      }
      const address = kept.get('__address__')
      if (address.includes('/')) throw new Error(`${quoteGo(address)} is not a valid hostname`)
      active.add(urlOf(kept))
    }
  }
  return { active: [...active], dropped }
}

function urlOf(labels: Labels): string {
  return `${labels.get('__scheme__')}://${labels.get('__address__')}${labels.get('__alerts_path__')}`
}

/** The prefix and the API's path, without doubled slashes and dots. */
function joinPath(prefix: string): string {
  const parts: string[] = []
  for (const part of `${prefix}/api/v2/alerts`.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
