import type { ColumnBatch } from '../contract.ts'
import { StorageError } from '../errors.ts'
import type { HeadMemory } from './head-memory.ts'
import type { Region } from './layout.ts'

const ROWS_AT_FIRST = 4096

/** The one batch of the writer: columns side by side in the shared memory, at fixed addresses. */
export class SharedColumnBatch implements ColumnBatch {
  readonly #m: HeadMemory
  readonly #rowsMax: number
  readonly addresses: { refs: number; times: number; values: number; statuses: number }
  capacity = 0
  refs!: Uint32Array
  times!: Float64Array
  values!: Float64Array
  statuses!: Uint8Array
  #valueWords!: Uint32Array

  constructor(memory: HeadMemory, region: Region, rowsMax: number) {
    this.#m = memory
    this.#rowsMax = rowsMax
    const values = region.address + rowsMax * 8
    this.addresses = {
      times: region.address,
      values,
      refs: values + rowsMax * 8,
      statuses: values + rowsMax * 12,
    }
    this.reserve(ROWS_AT_FIRST)
  }

  reserve(rows: number): void {
    if (rows <= this.capacity) return
    if (rows > this.#rowsMax) throw new StorageError(`a batch of ${rows} rows is too large`)
    this.capacity = Math.min(this.#rowsMax, Math.max(rows, this.capacity * 2))
    const { buffer } = this.#m.memory
    const { refs, times, values, statuses } = this.addresses
    this.refs = new Uint32Array(buffer, refs, this.capacity)
    this.times = new Float64Array(buffer, times, this.capacity)
    this.values = new Float64Array(buffer, values, this.capacity)
    this.statuses = new Uint8Array(buffer, statuses, this.capacity)
    this.#valueWords = new Uint32Array(buffer, values, this.capacity * 2)
  }

  setStale(row: number): void {
    this.#valueWords[row * 2] = 2
    this.#valueWords[row * 2 + 1] = 0x7ff00000
  }
}
