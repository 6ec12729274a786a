/** Hands a new configuration to every part, in a fixed order; each compares and touches only differences. */
import type { Clock, Logger } from '@prom/runtime'
import type { ServerConfig } from './server-config.ts'

export interface ApplyStep {
  /** The original's name of the step, for the log. */
  readonly name: string
  apply(config: ServerConfig): Promise<void> | void
}

/** Runs every step even if an earlier one failed; then throws, saying that the rest is applied. */
export async function applyConfig(
  config: ServerConfig,
  steps: readonly ApplyStep[],
  options: { readonly path: string; readonly clock: Clock; readonly log: Logger },
): Promise<void> {
  const { path, clock, log } = options
  const startMs = clock.monotonic()
  const durations: Record<string, string> = {}
  let failures = 0
  for (const { name, apply } of steps) {
    const stepMs = clock.monotonic()
    try {
      await apply(config)
    } catch (err) {
      failures++
      log.error('Failed to apply configuration', { step: name, err })
    }
    durations[name] = printElapsed(clock.monotonic() - stepMs)
  }
  if (failures > 0) {
    const text = `one or more errors occurred while applying the new configuration (--config.file="${path}")`
    throw new Error(text)
  }
  log.info('Completed loading of configuration file', {
    ...durations,
    filename: path,
    totalDuration: printElapsed(clock.monotonic() - startMs),
  })
}

function printElapsed(ms: number): string {
  return ms < 1 ? `${Math.round(ms * 1e6) / 1000}µs` : `${Math.round(ms * 1000) / 1000}ms`
}
