import { compareBytes, Labels } from '@prom/labels'

/**
 * Labels or annotations of a rule: unlike labels of a series they may be empty, which in a rule removes the label that
 * the series has. A later pair wins over an earlier one.
 */
export function templateLabels(pairs: Iterable<readonly [string, string]>): Labels {
  const byName = new Map(pairs)
  const names = [...byName.keys()].sort(compareBytes)
  return Labels.fromSortedFlat(names.flatMap((name) => [name, byName.get(name) as string]))
}
