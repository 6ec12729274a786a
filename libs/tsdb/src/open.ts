import type { HostFiles } from '@prom/runtime'
import { type AgentOptions, AgentStorage } from './agent/agent-storage.ts'
import type { AttachOptions, Tsdb, TsdbDeps, TsdbOptions, TsdbReader } from './contract.ts'
import { Database } from './database.ts'
import { HeadReader } from './reader.ts'

/**
 * Opens a data directory for writing: takes the lock, removes leftovers, replays the log. Throws StorageError with
 * the original's text when it cannot.
 */
export function openTsdb(options: TsdbOptions, deps: TsdbDeps): Tsdb {
  return new Database(options, deps)
}

/** Opens the folder of a log-only storage (agent mode). Throws as `openTsdb`. */
export function openAgentStorage(options: AgentOptions, deps: TsdbDeps): Tsdb {
  return new AgentStorage(options, deps)
}

/** Attaches a reading thread to a head that another thread writes, and to the blocks in its directory. */
export function attachTsdbReader(
  options: AttachOptions,
  deps: { readonly files: HostFiles },
): TsdbReader {
  return new HeadReader(options, deps)
}
