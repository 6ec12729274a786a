import type { Rewrite } from './rewrite.ts'
import { durations } from './rewrites/durations.ts'
import { invariant } from './rewrites/invariant.ts'

/** Applied in this order. */
export const REWRITES: readonly Rewrite[] = [durations, invariant]
