import type { Logger } from '@prom/runtime'

/** What the start says of a name given to `--enable-feature`. */
const NOTES: Readonly<Record<string, string>> = {
  'exemplar-storage': 'Experimental in-memory exemplar storage enabled',
  'memory-snapshot-on-shutdown': 'Experimental memory snapshot on shutdown enabled',
  'extra-scrape-metrics': 'Experimental additional scrape metrics enabled',
  'metadata-wal-records': 'Experimental metadata records in WAL enabled',
  'promql-per-step-stats': 'Experimental per-step statistics reporting',
  'concurrent-rule-eval': 'Experimental concurrent rule evaluation enabled.',
  'promql-experimental-functions': 'Experimental PromQL functions enabled.',
  'promql-duration-expr': 'Experimental duration expression parsing enabled.',
  'native-histograms':
    'Experimental native histogram support enabled. Changed default scrape_protocols to prefer PrometheusProto format.',
  'delayed-compaction': 'Experimental delayed compaction is enabled.',
  'promql-delayed-name-removal': 'Experimental PromQL delayed name removal enabled.',
  'created-timestamp-zero-ingestion':
    'Experimental created timestamp zero ingestion enabled. Changed default scrape_protocols to prefer PrometheusProto format.',
  'type-and-unit-labels': 'Experimental type and unit labels enabled',
}

const NO_OPS = new Set(['ooo-native-histograms'])

/** One line for each feature that is on, in the original's words. */
export function logFeatures(features: ReadonlySet<string>, log: Logger): void {
  for (const option of features) {
    const note = NOTES[option]
    if (note !== undefined) log.info(note)
    if (NO_OPS.has(option)) {
      const text =
        'This option for --enable-feature is now permanently enabled and therefore a no-op.'
      log.warn(text, { option })
    }
  }
}
