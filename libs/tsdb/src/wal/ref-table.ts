import { StorageError } from '../errors.ts'
import type { HeadMemory } from '../head/head-memory.ts'
import type { Region } from '../head/layout.ts'

/**
 * From refs in the log to refs of the head, during replay, where the kernel can look: 2^log2 entries of u32 log ref,
 * u32 head ref. Several log refs may mean one series.
 */
export class RefTable {
  readonly #u32: Uint32Array
  readonly #region: Region
  log2 = 12
  entries = 0
  maxRef = 0

  constructor(memory: HeadMemory, region: Region) {
    this.#u32 = memory.u32
    this.#region = region
    this.#clear()
  }

  get address(): number {
    return this.#region.address
  }

  get(ref: number): number {
    return this.#u32[this.#find(ref) + 1]!
  }

  set(ref: number, headRef: number): void {
    if (ref < 1 || ref > 0xffffffff) throw new StorageError(`series ref ${ref} is out of range`)
    if ((this.entries + 1) * 4 > 2 ** this.log2 * 3) this.#grow()
    const at = this.#find(ref)
    if (this.#u32[at] === 0) this.entries++
    this.#u32[at] = ref
    this.#u32[at + 1] = headRef
    if (ref > this.maxRef) this.maxRef = ref
  }

  #find(ref: number): number {
    const base = this.#region.address >>> 2
    const mask = 2 ** this.log2 - 1
    let i = Math.imul(ref, 0x9e3779b1) >>> (32 - this.log2)
    for (;;) {
      const key = this.#u32[base + i * 2]!
      if (key === ref || key === 0) return base + i * 2
      i = (i + 1) & mask
    }
  }

  #grow(): void {
    const base = this.#region.address >>> 2
    const old = this.#u32.slice(base, base + 2 * 2 ** this.log2)
    this.log2++
    if (8 * 2 ** this.log2 > this.#region.sizeBytes) {
      throw new StorageError('the log has more series than the memory of the head can take')
    }
    this.#clear()
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] === 0) continue
      const at = this.#find(old[i]!)
      this.#u32[at] = old[i]!
      this.#u32[at + 1] = old[i + 1]!
    }
  }

  #clear(): void {
    const base = this.#region.address >>> 2
    this.#u32.fill(0, base, base + 2 * 2 ** this.log2)
  }
}
