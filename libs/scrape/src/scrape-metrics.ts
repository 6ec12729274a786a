import { DialMetrics } from '@prom/http'
import { Counter, type Registry, SummaryVec } from '@prom/metrics'
import type { Clock } from '@prom/runtime'

/** What scraping counts of itself, under the original's names. */
export class ScrapeMetrics {
  readonly sampleLimit = new Counter({
    name: 'prometheus_target_scrapes_exceeded_sample_limit_total',
    help: 'Total number of scrapes that hit the sample limit and were rejected.',
  })
  readonly bodySizeLimit = new Counter({
    name: 'prometheus_target_scrapes_exceeded_body_size_limit_total',
    help: 'Total number of scrapes that hit the body size limit',
  })
  readonly bucketLimit = new Counter({
    name: 'prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total',
    help: 'Total number of scrapes that hit the native histogram bucket limit and were rejected.',
  })
  readonly duplicates = new Counter({
    name: 'prometheus_target_scrapes_sample_duplicate_timestamp_total',
    help: 'Total number of samples rejected due to duplicate timestamps but different values.',
  })
  readonly outOfOrder = new Counter({
    name: 'prometheus_target_scrapes_sample_out_of_order_total',
    help: 'Total number of samples rejected due to not being out of the expected order.',
  })
  readonly outOfBounds = new Counter({
    name: 'prometheus_target_scrapes_sample_out_of_bounds_total',
    help: 'Total number of samples rejected due to timestamp falling outside of the time bounds.',
  })
  readonly exemplarsOutOfOrder = new Counter({
    name: 'prometheus_target_scrapes_exemplar_out_of_order_total',
    help: 'Total number of exemplar rejected due to not being out of the expected order.',
  })
  readonly cacheFlushes = new Counter({
    name: 'prometheus_target_scrapes_cache_flush_forced_total',
    help: 'How many times a scrape cache was flushed due to getting big while scrapes are failing.',
  })
  readonly intervalLength: SummaryVec
  readonly invalidWriteLabels = new Counter({
    name: 'prometheus_api_remote_write_invalid_labels_samples_total',
    help: 'The total number of received remote write samples and histogram samples which were rejected due to invalid labels.',
  })

  readonly writtenWithoutMetadata = new Counter({
    name: 'prometheus_api_remote_write_without_metadata_appended_samples_total',
    help: 'The total number of received remote write samples (and histogram samples) which were ingested without corresponding metadata.',
  })

  readonly dials: DialMetrics

  constructor(registry: Registry, clock: Clock) {
    this.dials = new DialMetrics(registry)
    this.intervalLength = new SummaryVec(
      {
        name: 'prometheus_target_interval_length_seconds',
        help: 'Actual intervals between scrapes.',
        labelNames: ['interval'],
        quantiles: [0.01, 0.05, 0.5, 0.9, 0.99],
      },
      clock,
    )
    for (const metric of [
      this.sampleLimit,
      this.bodySizeLimit,
      this.bucketLimit,
      this.duplicates,
      this.outOfOrder,
      this.outOfBounds,
      this.exemplarsOutOfOrder,
      this.cacheFlushes,
      this.intervalLength,
      this.invalidWriteLabels,
      this.writtenWithoutMetadata,
    ]) {
      registry.register(metric)
    }
  }
}
