/** `storage`: what of the database can be set by the file. */
import { quoteGo } from '@prom/model'
import {
  bytes,
  duration,
  field,
  float,
  type Infer,
  int64,
  optional,
  string,
  struct,
} from '@prom/yaml'

const retention = struct(
  'config.plain',
  {
    time: field('time', duration),
    size: field('size', bytes),
    percentage: field('percentage', float),
  },
  {
    typeName: 'config.TSDBRetentionConfig',
    check({ size, percentage }) {
      if (size < 0) {
        const text = `'storage.tsdb.retention.size' must be greater than or equal to 0, got ${size}B`
        return { text, key: 'size' }
      }
      if (percentage < 0 || percentage > 100) {
        const text = `'storage.tsdb.retention.percentage' must be in the range [0, 100], got ${percentage}`
        return { text, key: 'percentage' }
      }
      return undefined
    },
  },
)

const chunkEncoding = struct(
  'config.plain',
  { floats: field('floats', string) },
  {
    typeName: 'config.ChunkEncodingConfig',
    check: ({ floats }) =>
      floats === '' || floats === 'xor' || floats === 'xor2'
        ? undefined
        : `'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be omitted entirely, got ${quoteGo(floats)}`,
  },
)

const tsdb = struct(
  'config.plain',
  {
    /** Compat: the original's internal field, printed and read as it is; always follows the next one. */
    outOfOrderTimeWindowMs: field('outofordertimewindow', int64, { isAlwaysPrinted: true }),
    outOfOrderTimeWindow: field('out_of_order_time_window', duration),
    staleSeriesCompactionThreshold: field('stale_series_compaction_threshold', float),
    chunkEncoding: field('chunk_encoding', optional(chunkEncoding)),
    retention: field('retention', optional(retention)),
  },
  {
    typeName: 'config.TSDBConfig',
    finish: (config) => ({ ...config, outOfOrderTimeWindowMs: config.outOfOrderTimeWindow }),
  },
)

const exemplars = struct('config.ExemplarsConfig', {
  maxExemplars: field('max_exemplars', int64),
})

export const storageConfig = struct('config.StorageConfig', {
  tsdb: field('tsdb', optional(tsdb)),
  exemplars: field('exemplars', optional(exemplars)),
})

export type StorageConfig = Infer<typeof storageConfig>
