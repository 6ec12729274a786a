import type { HostFiles } from '@prom/runtime'
import type { AttachOptions, Tsdb, TsdbDeps, TsdbOptions, TsdbReader } from './contract.ts'
import { StorageError } from './errors.ts'

/**
 * Opens a data directory for writing: takes the lock, removes leftovers, replays the log. Throws StorageError with
 * the original's text when it cannot.
 */
export function openTsdb(_options: TsdbOptions, _deps: TsdbDeps): Tsdb {
  throw new StorageError('opening storage failed: not there yet')
}

/** Attaches a reading thread to a head that another thread writes, and to the blocks in its directory. */
export function attachTsdbReader(
  _options: AttachOptions,
  _deps: { readonly files: HostFiles },
): TsdbReader {
  throw new StorageError('not there yet')
}
