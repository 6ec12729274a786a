import { Writer } from '@prom/bytes'
import type { MetricMetadata } from '@prom/storage'
import type { LogWriter } from '../wal/log-writer.ts'
import { encodeMetadata, type MetadataRow } from '../wal/metadata-record.ts'
import type { HeadStore } from './head-store.ts'
import { R } from './layout.ts'

const ROWS_PER_RECORD = 1000

/** What series say of themselves, as the log has it; kept only if `isOn`. */
export class SeriesMetadata {
  readonly #store: HeadStore
  readonly #byRef = new Map<number, MetricMetadata>()
  readonly #record = new Writer(1024)
  #rows: MetadataRow[] = []
  isOn = false

  constructor(store: HeadStore) {
    this.#store = store
  }

  get(ref: number): MetricMetadata | undefined {
    return this.#byRef.get(ref)
  }

  /** From the log: the latest wins. */
  restore(ref: number, metadata: MetricMetadata): void {
    this.#byRef.set(ref, metadata)
  }

  /** Notes the metadata of a live series, for the log if they are new. */
  set(ref: number, metadata: MetricMetadata): void {
    if (!this.isOn) return
    const record = this.#store.series.record(ref)
    if (record === 0) return
    const known = this.#byRef.get(ref)
    const { type, unit, help } = metadata
    if (known?.type === type && known.unit === unit && known.help === help) return
    this.#byRef.set(ref, metadata)
    this.#rows.push({ walRef: this.#store.memory.u32[(record + R.walRef) >>> 2]!, metadata })
  }

  /** Composes the log records of what is new. */
  log(log: LogWriter): void {
    for (let at = 0; at < this.#rows.length; at += ROWS_PER_RECORD) {
      log.add(encodeMetadata(this.#rows.slice(at, at + ROWS_PER_RECORD), this.#record))
    }
    this.#rows = []
  }

  /** Forgets series that are gone. */
  sweep(): void {
    for (const ref of this.#byRef.keys()) {
      if (this.#store.series.record(ref) === 0) this.#byRef.delete(ref)
    }
  }
}
