import type { ScrapeFlags } from '@prom/prometheus-config'
import type { ScrapeFeatures } from '@prom/scrape'

/** What the names given to `--enable-feature` mean for jobs that do not say otherwise. */
export function scrapeFlags(features: ReadonlySet<string>): ScrapeFlags {
  const takesNativeHistograms = features.has('native-histograms')
  return {
    isProtoFirst: takesNativeHistograms || features.has('created-timestamp-zero-ingestion'),
    takesNativeHistograms,
    hasExtraMetrics: features.has('extra-scrape-metrics'),
  }
}

/** What they add to every job. */
export function scrapeFeatures(features: ReadonlySet<string>): ScrapeFeatures {
  return {
    takesStartTimes: features.has('created-timestamp-zero-ingestion'),
    addsTypeAndUnit: features.has('type-and-unit-labels'),
  }
}
