import type { Discovery, DiscoveryHost } from './mechanism.ts'
import type { TargetGroup } from './target-group.ts'

export interface RefreshOptions {
  /** Of the mechanism, in metrics and the log. */
  readonly name: string
  readonly host: DiscoveryHost
  readonly intervalMs: number
  /** All groups of now. Rejects to keep what was known. */
  refresh(signal: AbortSignal): Promise<readonly TargetGroup[]>
  /** Hears of each failure, beside log and metrics. */
  failed?(): void
  /** When it ends. */
  close?(): Promise<void>
}

/** A discovery that asks anew every interval. */
export function refreshed(options: RefreshOptions): Discovery {
  const { name, host, intervalMs, refresh } = options
  const { clock, log, metrics } = host
  return {
    async run(signal, publish) {
      const failures = metrics.refreshFailures.of(name)
      const seconds = metrics.refreshSeconds.of(name)
      while (!signal.aborted) {
        const started = clock.monotonic()
        try {
          const groups = await refresh(signal)
          if (!signal.aborted) publish(groups)
        } catch (err) {
          if (signal.aborted) break
          failures.inc()
          options.failed?.()
          const fields = { discovery: name, err: (err as Error).message }
          log.error('Unable to refresh target groups', fields)
        }
        seconds.observe((clock.monotonic() - started) / 1000)
        await clock.sleep(intervalMs, signal)
      }
      await options.close?.()
    },
  }
}

/** Asked in parallel at most this many at a time. */
const PARALLEL_MAX = 10

/** `work` for each item, several at a time, in the order of the items; the first failure rejects. */
export async function mapParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL_MAX, items.length) }, worker))
  return results
}
