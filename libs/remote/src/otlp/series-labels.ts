/** Labels of OTLP series: attributes, what is promoted of the resource and the scope, job and instance. */
import { compareBytes, Labels } from '@prom/labels'
import type { Attributes, OtlpResource, OtlpScope } from './otlp-data.ts'
import { labelName, type NameSettings } from './otlp-names.ts'

/** `otlp` of the configuration, and the features that matter. */
export interface OtlpSettings {
  readonly names: NameSettings
  readonly promotesAll: boolean
  readonly promoted: readonly string[]
  readonly ignored: readonly string[]
  readonly promotesScope: boolean
  readonly keepsIdentifying: boolean
  readonly convertsHistograms: boolean
  readonly hasTypeAndUnitLabels: boolean
  /** What becomes of delta temporality. */
  readonly delta: 'refuse' | 'convert' | 'keep'
  /** target_info is repeated at half of it. */
  readonly lookbackMs: number
}

export const IDENTIFYING = ['service.namespace', 'service.name', 'service.instance.id']

/** Job and instance of a resource; '' where it says nothing. */
export function identityOf(attributes: Attributes): {
  readonly job: string
  readonly instance: string
} {
  const get = (key: string) => attributes.find(([name]) => name === key)?.[1] ?? ''
  const name = get('service.name')
  const namespace = get('service.namespace')
  const job = name === '' ? '' : namespace === '' ? name : `${namespace}/${name}`
  return { job, instance: get('service.instance.id') }
}

/**
 * The labels of a data point, without the metric's name. Attributes that become one label are joined by `;`. Throws an
 * Error for a name that cannot be one.
 */
export function pointLabels(
  attributes: Attributes,
  resource: OtlpResource,
  scope: OtlpScope | undefined,
  settings: OtlpSettings,
): Map<string, string> {
  const labels = new Map<string, string>()
  const sorted = [...attributes].sort(([a], [b]) => compareBytes(a, b))
  for (const [key, value] of sorted) {
    const name = labelName(key, settings.names)
    const known = labels.get(name)
    labels.set(name, known === undefined ? value : `${known};${value}`)
  }
  for (const [key, value] of promotedOf(resource.attributes, settings)) {
    const name = labelName(key, settings.names)
    if (!labels.has(name)) labels.set(name, value)
  }
  if (scope && settings.promotesScope && scope.name !== '') {
    labels.set('otel_scope_name', scope.name)
    labels.set('otel_scope_version', scope.version)
    labels.set('otel_scope_schema_url', scope.schemaUrl)
    for (const [key, value] of scope.attributes) {
      labels.set(labelName(`otel_scope_${key}`, settings.names), value)
    }
  }
  const { job, instance } = identityOf(resource.attributes)
  if (job !== '') labels.set('job', job)
  if (instance !== '') labels.set('instance', instance)
  return labels
}

/** `more` are flat pairs; they win. Empty values remove a label. */
export function withPairs(base: ReadonlyMap<string, string>, ...more: readonly string[]): Labels {
  const all = new Map(base)
  for (let i = 0; i < more.length; i += 2) all.set(more[i] as string, more[i + 1] as string)
  return Labels.from(all)
}

function promotedOf(attributes: Attributes, settings: OtlpSettings): Attributes {
  if (settings.promotesAll) {
    const ignored = new Set(settings.ignored)
    return attributes.filter(([key]) => !ignored.has(key))
  }
  return settings.promoted.flatMap((key) => attributes.filter(([name]) => name === key))
}
