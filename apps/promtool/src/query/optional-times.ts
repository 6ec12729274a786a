import { readTime } from '../kinds.ts'
import type { Parameters } from './api-client.ts'

/** `start` and `end` parameters of those that were given. */
export function optionalTimes({
  start,
  end,
}: {
  readonly start: string | undefined
  readonly end: string | undefined
}): { readonly parameters: Parameters } | { readonly error: string } {
  const parameters: (readonly [string, string])[] = []
  for (const [name, text] of [
    ['start', start],
    ['end', end],
  ] as const) {
    if (!text) continue
    try {
      parameters.push([name, String(readTime(text) / 1000)])
    } catch (err) {
      return { error: `error parsing ${name} time: ${(err as Error).message}` }
    }
  }
  return { parameters }
}
