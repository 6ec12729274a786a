import type { Logger } from '@prom/runtime'

/** A log nobody reads: looking into a folder does not tell how it was opened. */
export const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => SILENT,
}
