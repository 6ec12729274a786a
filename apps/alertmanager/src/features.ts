/** --enable-feature: a comma-separated list of known names. */
import type { MatcherMode } from '@prom/alerting'
import { quoteGo } from '@prom/model'

const KNOWN = [
  'alert-names-in-metrics',
  'receiver-name-in-metrics',
  'group-key-in-metrics',
  'classic-mode',
  'utf8-strict-mode',
  'auto-gomemlimit',
  'event-recorder',
]

export interface Features {
  readonly names: ReadonlySet<string>
  readonly matcherMode: MatcherMode
}

/** Throws an Error with the original's text. */
export function parseFeatures(text: string): Features {
  const names = new Set(text === '' ? [] : text.split(','))
  for (const name of names) {
    if (!KNOWN.includes(name))
      throw new Error(`unknown option ${quoteGo(name)} for --enable-feature`)
  }
  const isClassic = names.has('classic-mode')
  const isStrict = names.has('utf8-strict-mode')
  if (isClassic && isStrict)
    throw new Error('classic-mode and utf8-strict-mode cannot both be enabled')
  return { names, matcherMode: isClassic ? 'classic' : isStrict ? 'utf8' : 'fallback' }
}
