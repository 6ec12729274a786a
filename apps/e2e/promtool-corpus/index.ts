import { CONFIGS } from './configs.ts'
import type { Input } from './input.ts'
import { METRICS } from './metrics.ts'
import { RULES } from './rules.ts'
import { UNIT_TESTS } from './unit-tests.ts'
import { WEB_CONFIGS } from './web-configs.ts'

/** Every input, by what it is. */
export const CORPUS: Readonly<Record<string, readonly Input[]>> = {
  rules: RULES,
  metrics: METRICS,
  'web configs': WEB_CONFIGS,
  configs: CONFIGS,
  'unit tests': UNIT_TESTS,
}

export type { Input }
