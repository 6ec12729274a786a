import type { Clock } from '@prom/runtime'
import type { Discovery } from './mechanism.ts'
import type { TargetGroup } from './target-group.ts'

export interface RefreshOptions {
  readonly clock: Clock
  readonly intervalMs: number
  /** All groups of now. Rejects to keep what was known; `failed` hears why. */
  refresh(signal: AbortSignal): Promise<readonly TargetGroup[]>
  failed(err: Error): void
}

/** A discovery that asks anew every interval. */
export function refreshed({ clock, intervalMs, refresh, failed }: RefreshOptions): Discovery {
  return {
    async run(signal, publish) {
      while (!signal.aborted) {
        try {
          const groups = await refresh(signal)
          if (!signal.aborted) publish(groups)
        } catch (err) {
          if (!signal.aborted) failed(err as Error)
        }
        await clock.sleep(intervalMs, signal)
      }
    },
  }
}
