import { type Kernels, WRITE, WRITE_MISS } from '@prom/kernels'
import type { Labels } from '@prom/labels'
import { MessageError } from '@prom/protobuf'
import { AppendError } from '@prom/storage'
import { RefHashes } from './ref-hashes.ts'
import { readLabels } from './write-request.ts'

/** What whole requests need of storage's writer: kernels over its memory, and a batch to fill by address. */
export interface WriteHead {
  readonly kernels: Kernels
  readonly scratch: { readonly address: number; readonly sizeBytes: number }
  readonly batch: {
    reserve(rows: number): void
    readonly refs: Uint32Array
    readonly addresses: { refs: number; times: number; values: number }
  }
  resolve(labels: Labels): number
  isLive(ref: number): boolean
  firstRefused(count: number): number
  appendColumns(count: number): unknown
}

/** Rows of one request; more are read row by row. */
const ROWS_MAX = 1 << 16
const UNPACKED_MAX = 32 << 20

/**
 * Takes plain remote-write 1.0 bodies as a whole: unpacked, walked, looked up and checked by kernels in storage's own
 * memory. Bodies that hold anything else, or that would be refused, are left to the receiver that goes row by row.
 */
export class ColumnReceiver {
  readonly #head: WriteHead
  readonly #toLabels: (flat: string[]) => Labels | undefined
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #control: number
  readonly #packed: number
  readonly #packedMax: number
  readonly #body: number
  readonly #bodyMax: number
  readonly #refs: RefHashes

  /** `seed` is 16 unpredictable bytes; `toLabels` says what labels as sent mean, undefined if they are not valid. */
  constructor(head: WriteHead, seed: Uint8Array, toLabels: (flat: string[]) => Labels | undefined) {
    this.#head = head
    this.#toLabels = toLabels
    const { buffer } = head.kernels.memory
    this.#bytes = Buffer.from(buffer)
    this.#view = new DataView(buffer)
    // The table of series takes two thirds: it is what grows.
    const { address, sizeBytes } = head.scratch
    const part = Math.floor(sizeBytes / 24 / 64) * 64
    this.#control = address
    const misses = address + 128
    this.#packed = address + part
    this.#packedMax = part - 64
    this.#body = address + part * 2
    this.#bodyMax = Math.min(part * 6 - 64, UNPACKED_MAX)
    const table = { address: address + part * 8, sizeBytes: part * 16 }
    this.#refs = new RefHashes(buffer, table, (ref) => head.isLive(ref))
    const { addresses } = head.batch
    this.#set(WRITE.refs, addresses.refs)
    this.#set(WRITE.times, addresses.times)
    this.#set(WRITE.values, addresses.values)
    this.#set(WRITE.rowsMax, ROWS_MAX)
    this.#set(WRITE.misses, misses)
    this.#set(WRITE.missesMax, Math.floor((part - 192) / WRITE_MISS.sizeBytes))
    this.#bytes.set(seed.subarray(0, 16), this.#control + WRITE.seed)
  }

  /** The samples stored, -1 if the body is not for this one: nothing is stored then. Throws what storage throws. */
  receive(packed: Uint8Array, timeMax: number): number {
    const { kernels } = this.#head
    if (packed.length > this.#packedMax) return -1
    this.#bytes.set(packed, this.#packed)
    const size = kernels.exports.snappyUncompress(
      this.#packed,
      packed.length,
      this.#body,
      this.#bodyMax,
    )
    if (size < 0) return -1
    this.#set(WRITE.body, this.#body)
    this.#set(WRITE.end, this.#body + size)
    this.#view.setFloat64(this.#control + WRITE.timeMax, timeMax, true)
    return this.#store(true)
  }

  #store(mayForget: boolean): number {
    const { kernels, batch } = this.#head
    this.#set(WRITE.table, this.#refs.address)
    this.#set(WRITE.mask, this.#refs.mask)
    if (kernels.exports.readWriteRequest(this.#control) === 0) return -1
    const rows = this.#get(WRITE.rows)
    const misses = this.#get(WRITE.missCount)
    if (rows === 0) return 0
    batch.reserve(rows)
    if (misses > 0 && !this.#resolve(misses)) return -1
    const refused = this.#head.firstRefused(rows)
    if (refused === rows) {
      this.#head.appendColumns(rows)
      return rows
    }
    if (!mayForget || this.#head.isLive(batch.refs[refused] as number)) return -1
    // Of a series that storage has forgotten, and there will be more of them.
    this.#refs.clear()
    return this.#store(false)
  }

  /** Gives rows of new series their refs. False: some of them are not valid, or refused. */
  #resolve(count: number): boolean {
    const view = this.#view
    const { batch } = this.#head
    const first = this.#get(WRITE.misses)
    for (let i = 0; i < count; i++) {
      const miss = first + i * WRITE_MISS.sizeBytes
      const at = (offset: number) => view.getUint32(miss + offset, true)
      const ref = this.#refOf(at(WRITE_MISS.start), at(WRITE_MISS.end))
      if (ref === 0) return false
      const row = at(WRITE_MISS.firstRow)
      batch.refs.fill(ref, row, row + at(WRITE_MISS.rows))
      this.#refs.set(at(WRITE_MISS.hash), at(WRITE_MISS.hash + 4), ref)
    }
    return true
  }

  #refOf(start: number, end: number): number {
    try {
      const labels = this.#toLabels(readLabels(this.#bytes, start, end))
      return labels ? this.#head.resolve(labels) : 0
    } catch (err) {
      // Broken labels and those over a limit: the other receiver has the words for it.
      if (err instanceof AppendError || err instanceof MessageError) return 0
      throw err
    }
  }

  #set(offset: number, value: number): void {
    this.#view.setUint32(this.#control + offset, value, true)
  }

  #get(offset: number): number {
    return this.#view.getUint32(this.#control + offset, true)
  }
}
