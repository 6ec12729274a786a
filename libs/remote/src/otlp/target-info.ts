/** `target_info`: what a resource says of itself beyond job and instance, from its first data point to its last. */
import type { Labels } from '@prom/labels'
import type { OtlpResource } from './otlp-data.ts'
import {
  IDENTIFYING,
  identityOf,
  type OtlpSettings,
  pointLabels,
  withPairs,
} from './series-labels.ts'

export const TARGET_INFO = {
  type: 'gauge',
  help: 'Target metadata',
  unit: '',
}
/** Samples of one resource in one request. */
const SAMPLES_MAX = 1000

/** Undefined for a resource that has nothing to tell, or no identity. */
export function targetInfo(
  resource: OtlpResource,
  settings: OtlpSettings,
): { readonly labels: Labels; readonly times: number[] } | undefined {
  const { job, instance } = identityOf(resource.attributes)
  const others = resource.attributes.filter(([key]) => !IDENTIFYING.includes(key))
  if ((job === '' && instance === '') || others.length === 0) return undefined
  const shown = settings.keepsIdentifying ? resource.attributes : others
  const plain = { ...settings, promotesAll: false, promoted: [] }
  const base = pointLabels(shown, resource, undefined, plain)
  let earliest = Infinity
  let latest = -Infinity
  for (const { metrics } of resource.scopes) {
    for (const { data } of metrics) {
      for (const { timeMs } of data.points) {
        if (timeMs < earliest) earliest = timeMs
        if (timeMs > latest) latest = timeMs
      }
    }
  }
  if (!Number.isFinite(earliest)) return undefined
  const step = Math.max(1, settings.lookbackMs / 2)
  const times: number[] = []
  const first = Math.max(earliest, latest - step * SAMPLES_MAX)
  for (let time = first; time < latest; time += step) times.push(time)
  times.push(latest)
  return { labels: withPairs(base, '__name__', 'target_info'), times }
}
