import type { ExposedExemplar } from '@prom/exposition'
import { Labels } from '@prom/labels'
import type { Logger } from '@prom/runtime'
import type { StoredExemplar } from '@prom/tsdb'
import type { ScrapeMetrics } from './scrape-metrics.ts'

/** An exemplar as storage takes it; without a time of its own it has that of its sample. */
export function storedExemplar(exposed: ExposedExemplar, sampleMs: number): StoredExemplar {
  const { labels, value, timeMs = sampleMs } = exposed
  const pairs: Record<string, string> = {}
  for (let i = 0; i < labels.length; i += 2) pairs[labels[i] as string] = labels[i + 1] as string
  return { labels: Labels.from(pairs), value, timeMs }
}

export function countLateExemplars(count: number, metrics: ScrapeMetrics, log: Logger): void {
  if (count === 0) return
  metrics.exemplarsOutOfOrder.inc(count)
  log.warn('Error on ingesting out-of-order exemplars', { num_dropped: count })
}
