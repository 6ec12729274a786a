/** Target groups as discovery files and servers send them: `[{"targets": ["host:80"], "labels": {"a": "b"}}]`. */
import type { TargetGroup } from './target-group.ts'

/** More groups in one document are refused. */
const GROUPS_MAX = 1_000_000

/** Throws an Error that says what is wrong. `source` names each group by its index. */
export function decodeGroups(
  document: unknown,
  source: (index: number) => string,
  extra: Readonly<Record<string, string>>,
): TargetGroup[] {
  if (document === null || document === undefined) return []
  if (!Array.isArray(document)) throw new Error('expected a list of target groups')
  if (document.length > GROUPS_MAX) throw new Error(`more than ${GROUPS_MAX} target groups`)
  return document.map((item, index) => {
    if (item === null) throw new Error(`nil target group item found (index ${index})`)
    if (typeof item !== 'object' || Array.isArray(item)) {
      throw new Error(`target group ${index} is no object`)
    }
    const { targets = [], labels = {}, ...others } = item as Record<string, unknown>
    const [unknown] = Object.keys(others)
    if (unknown !== undefined) throw new Error(`unknown field ${JSON.stringify(unknown)}`)
    return {
      source: source(index),
      targets: addresses(targets ?? [], index),
      labels: { ...labelSet(labels ?? {}, index), ...extra },
    }
  })
}

function addresses(targets: unknown, index: number): { __address__: string }[] {
  if (!Array.isArray(targets) || targets.some((target) => typeof target !== 'string')) {
    throw new Error(`targets of group ${index} are no list of strings`)
  }
  return (targets as string[]).map((target) => ({ __address__: target }))
}

function labelSet(labels: unknown, index: number): Record<string, string> {
  if (typeof labels !== 'object' || Array.isArray(labels)) {
    throw new Error(`labels of group ${index} are no object`)
  }
  for (const [name, value] of Object.entries(labels as object)) {
    if (typeof value !== 'string') throw new Error(`label ${JSON.stringify(name)} is no string`)
    if (name === '') throw new Error('"" is not a valid label name')
  }
  return labels as Record<string, string>
}
