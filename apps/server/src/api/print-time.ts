import { printRfc3339 } from '@prom/model'

/** RFC 3339; 0 is Go's zero time. */
export function printTime(ms: number): string {
  return ms === 0 ? '0001-01-01T00:00:00Z' : printRfc3339(ms)
}
