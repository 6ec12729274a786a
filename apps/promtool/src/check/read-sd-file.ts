/** Discovery files, JSON or YAML, read as strictly as the server reads them. */
import { type TargetGroupConfig, targetGroupConfig } from '@prom/discovery'
import { quoteGo } from '@prom/model'
import { list, loadYaml } from '@prom/yaml'

const NULL_GROUP = 'nil target group item found'

/** Throws an Error with the text of the original. */
export function readSdFile(text: string, path: string): readonly TargetGroupConfig[] {
  if (/\.json$/i.test(path)) return readJson(text)
  if (!/\.ya?ml$/i.test(path)) {
    throw new Error(`invalid file extension for service discovery: ${quoteGo(path)}`)
  }
  const loaded = loadYaml(text, list(targetGroupConfig, { nullError: NULL_GROUP }), path)
  if ('errors' in loaded)
    throw new Error(withIndex(loaded.message, text, loaded.errors[0]?.line ?? 0))
  return loaded.value
}

const KEYS = new Set(['targets', 'labels'])

function readJson(text: string): readonly TargetGroupConfig[] {
  let groups: unknown
  try {
    groups = JSON.parse(text)
  } catch (err) {
    throw new Error(text.trim() === '' ? 'EOF' : lowerFirst((err as Error).message))
  }
  if (groups === null) return []
  if (!Array.isArray(groups)) throw unmarshalError(groups, '[]*targetgroup.Group')
  return groups.map((group: unknown, index) => {
    if (group === null) throw new Error(`nil target group item found (index ${index})`)
    if (typeof group !== 'object' || Array.isArray(group)) {
      throw unmarshalError(group, 'targetgroup.Group')
    }
    const unknownKey = Object.keys(group).find((key) => !KEYS.has(key.toLowerCase()))
    if (unknownKey !== undefined) throw new Error(`json: unknown field ${quoteGo(unknownKey)}`)
    const { targets = [], labels = {} } = group as { targets?: unknown; labels?: unknown }
    return { targets: readTargets(targets), labels: readLabels(labels) }
  })
}

function readTargets(targets: unknown): readonly string[] {
  if (targets === null) return []
  if (!Array.isArray(targets)) throw unmarshalError(targets, '[]string')
  return targets.map((target: unknown) => {
    if (typeof target === 'string') return target
    throw unmarshalError(target, 'string')
  })
}

function readLabels(labels: unknown): ReadonlyMap<string, string> {
  if (labels === null) return new Map()
  if (typeof labels !== 'object' || Array.isArray(labels)) {
    throw unmarshalError(labels, 'model.LabelSet')
  }
  return new Map(
    Object.entries(labels as object).map(([name, value]: [string, unknown]) => {
      if (name === '') throw new Error('"" is not a valid label name')
      if (typeof value !== 'string') throw unmarshalError(value, 'model.LabelValue')
      return [name, value]
    }),
  )
}

function unmarshalError(value: unknown, type: string): Error {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  const name = kind === 'boolean' ? 'bool' : kind
  return new Error(`json: cannot unmarshal ${name} into Go value of type ${type}`)
}

/** Which group of the list is null, counted by the dashes at its start. */
function withIndex(message: string, text: string, line: number): string {
  if (!message.startsWith(NULL_GROUP)) return message
  const dashes = text
    .split('\n')
    .slice(0, line)
    .filter((each) => each.startsWith('-'))
  return `${NULL_GROUP} (index ${Math.max(0, dashes.length - 1)})`
}

/** The one message both engines have begins with a small letter in Go. */
const lowerFirst = (text: string) => text.replace(/^Unexpected end/, 'unexpected end')
