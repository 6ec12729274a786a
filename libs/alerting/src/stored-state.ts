/** What silences and the notification log have in common: how their state is read, written whole and looked after. */
import type { Clock, Logger } from '@prom/runtime'
import type { DurationSummary } from './duration-summary.ts'
import type { StateFile } from './state-file.ts'
import type { Stored } from './state-format.ts'

export interface StateDeps {
  readonly clock: Clock
  readonly log: Logger
  /** Without one, the state lives in memory only. */
  readonly file?: StateFile
}

export interface StateMetrics {
  readonly snapshotDuration: DurationSummary
  readonly snapshotSize: { set(bytes: number): void }
  readonly maintenance: { inc(): void }
  readonly maintenanceErrors: { inc(): void }
}

export interface Decoded<T> {
  readonly items: readonly Stored<T>[]
  /** At the end, of a message cut short. */
  readonly tornBytes: number
}

/**
 * Hands over what the file holds and has not expired, oldest first. Throws if it is no such file. Returns false when
 * a last message cut short was dropped: the file is to be written anew, or it would hide what is appended.
 */
export function loadState<T>(
  { file, clock, log }: StateDeps,
  { title, decode }: { readonly title: string; decode(bytes: Uint8Array): Decoded<T> },
  keep: (stored: Stored<T>) => void,
): boolean {
  if (!file) return true
  const content = file.read()
  const { items, tornBytes } = decode(content)
  const nowMs = clock.now()
  for (const stored of items) if (stored.expiresAtMs > nowMs) keep(stored)
  if (tornBytes === 0) return true
  file.keepTorn(content)
  log.warn(`${title} ended within an entry; the rest of it is dropped`, {
    tornBytes,
    copy: `${file.path}.torn`,
  })
  return false
}

/** Writes the file anew from all messages, encoded. */
export function saveState(
  { file, clock }: StateDeps,
  encode: () => Uint8Array,
  { snapshotDuration, snapshotSize }: StateMetrics,
): void {
  const startedMs = clock.monotonic()
  const messages = encode()
  file?.replace(messages)
  snapshotSize.set(messages.length)
  snapshotDuration.observeMs(clock.monotonic() - startedMs)
}

/** An error is counted and logged; the next maintenance tries again. */
export function maintainState(
  component: string,
  work: () => void,
  { log, metrics }: { readonly log: Logger; readonly metrics: StateMetrics },
): void {
  metrics.maintenance.inc()
  try {
    work()
  } catch (err) {
    metrics.maintenanceErrors.inc()
    log.error('Running maintenance failed', { component, err })
  }
}

/** Messages one after the other: the content of a state file, and of a full exchange between instances. */
export function joinMessages(messages: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + message.length, 0))
  let size = 0
  for (const message of messages) {
    bytes.set(message, size)
    size += message.length
  }
  return bytes
}
