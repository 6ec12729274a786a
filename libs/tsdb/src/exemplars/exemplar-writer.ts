import { Writer } from '@prom/bytes'
import { AppendError, type Exemplar } from '@prom/storage'
import type { HeadStore } from '../head/head-store.ts'
import { R } from '../head/layout.ts'
import { type ExemplarRow, encodeExemplars } from '../wal/exemplar-record.ts'
import type { LogWriter } from '../wal/log-writer.ts'
import type { ExemplarRing, StoredExemplar } from './exemplar-ring.ts'

/** An exemplar of a series of the head. Its time must be known by now. */
export interface ExemplarEntry {
  readonly ref: number
  readonly exemplar: StoredExemplar
}

/** Exemplars on their way in: checked, logged, then in the ring. */
export class ExemplarWriter {
  readonly ring: ExemplarRing
  readonly #store: HeadStore
  readonly #log: LogWriter
  readonly #record = new Writer(1024)

  constructor(ring: ExemplarRing, store: HeadStore, log: LogWriter) {
    this.ring = ring
    this.#store = store
    this.#log = log
  }

  /** Throws AppendError if it would not be stored; true if there is anything to store. */
  check(ref: number, exemplar: Exemplar & { readonly timeMs: number }): boolean {
    if (this.ring.capacity === 0) return false
    const record = this.#store.series.record(ref)
    if (record === 0) return false
    const outcome = this.ring.check(this.#store.labelsOf(record), exemplar)
    if (outcome === 'out of order') {
      this.ring.totals.outOfOrder++
      throw new AppendError('out of order exemplar', 'out of order exemplar')
    }
    if (outcome === 'labels too long') {
      const text = 'label length for exemplar exceeds maximum of 128 UTF-8 characters'
      throw new AppendError('exemplar label length', text)
    }
    return outcome === 'stored'
  }

  /** Stores those that are in order; the rest is counted. Throws StorageError. */
  add(entries: readonly ExemplarEntry[]): { readonly stored: number; readonly outOfOrder: number } {
    const rows: ExemplarRow[] = []
    const counts = { stored: 0, outOfOrder: 0 }
    const { u32 } = this.#store.memory
    if (this.ring.capacity === 0) return counts
    for (const { ref, exemplar } of entries) {
      const record = this.#store.series.record(ref)
      if (record === 0) continue
      const outcome = this.ring.add(this.#store.labelsOf(record), exemplar)
      if (outcome === 'out of order') counts.outOfOrder++
      if (outcome !== 'stored') continue
      counts.stored++
      rows.push({ walRef: u32[(record + R.walRef) >>> 2]!, ...exemplar })
    }
    if (rows.length > 0) this.#log.add(encodeExemplars(rows, this.#record))
    return counts
  }
}
