import type { CollectorFlag } from '../collector.ts'

/** The value a flag has when nobody names it; durations in seconds or milliseconds. */
export function parseFallback({
  kind,
  fallback = '',
}: CollectorFlag): boolean | string | number | readonly string[] {
  switch (kind) {
    case 'boolean':
      return fallback === 'true'
    case 'integer':
      return Number(fallback)
    case 'duration':
      return fallback.endsWith('ms')
        ? Number.parseFloat(fallback)
        : Number.parseFloat(fallback) * 1000
    case 'strings':
      return fallback === '' ? [] : [fallback]
    default:
      return fallback
  }
}
