import {
  createKernelMemory,
  ENTRY,
  HTTP_HEAD,
  instantiateKernels,
  KERNEL_DATA_BYTES,
  type Kernels,
  MATCH,
  MISS,
} from '@prom/kernels'
import { type Slot, SlotSpace } from './slot-space.ts'

/** A piece of kernel memory that one body is received into; its size is a power of two. */
export type BodySlot = Slot

const MEMORY_BYTES = 1.25 * 2 ** 30
const TEMPLATES_BYTES = 256 << 20
const TEMPLATE_BYTES_MIN = 1024
const SLOT_BYTES_MIN = 64 << 10
const IDLE_BYTES = 128 << 10

/** A body with more lines is refused. */
export const LINES_MAX = 2 << 20

/** Kernels read in steps of 8 bytes and may touch this many past the end of a body. */
export const BODY_PADDING = 16

/**
 * The memory scrapes work in: the control block and output columns of the match, the templates of all targets, and
 * slots for the bodies on their way in. Private to the ingest thread; addresses are bytes. Pages cost nothing until
 * they are touched.
 */
export class BodyMemory {
  readonly kernels: Kernels
  readonly bytes: Buffer
  readonly view: DataView
  readonly control: number
  /** What `readHttpHead` puts out. */
  readonly httpHead: number
  /** Where bytes land that arrive while no answer is under way; what a read finds there is good until the next one. */
  readonly idle: Buffer
  readonly idleAddress: number
  readonly newTemplate: number
  readonly misses: number
  readonly refs: Uint32Array
  readonly values: Float64Array
  /** The two halves of each value's bits. */
  readonly valueWords: Uint32Array
  readonly times: Float64Array
  readonly absent: Uint32Array
  readonly templates: SlotSpace
  readonly #bodies: SlotSpace

  /** `seed` is 16 unpredictable bytes: bodies must not be able to aim at hashes. */
  constructor(seed: Uint8Array, kernels = instantiateKernels(createKernelMemory(MEMORY_BYTES))) {
    const { buffer } = kernels.memory
    this.kernels = kernels
    this.bytes = Buffer.from(buffer)
    this.view = new DataView(buffer)
    let next = KERNEL_DATA_BYTES
    const take = (sizeBytes: number) => {
      const address = next
      next += Math.ceil(sizeBytes / 64) * 64
      return address
    }
    this.control = take(MATCH.sizeBytes)
    this.httpHead = take(HTTP_HEAD.sizeBytes)
    this.idleAddress = take(IDLE_BYTES)
    this.idle = this.bytes.subarray(this.idleAddress, this.idleAddress + IDLE_BYTES - BODY_PADDING)
    this.newTemplate = take(LINES_MAX * ENTRY.sizeBytes)
    this.misses = take(LINES_MAX * MISS.sizeBytes)
    this.refs = new Uint32Array(buffer, take(LINES_MAX * 4), LINES_MAX)
    this.values = new Float64Array(buffer, take(LINES_MAX * 8), LINES_MAX)
    this.valueWords = new Uint32Array(buffer, this.values.byteOffset, LINES_MAX * 2)
    this.times = new Float64Array(buffer, take(LINES_MAX * 8), LINES_MAX)
    this.absent = new Uint32Array(buffer, take(LINES_MAX * 4), LINES_MAX)
    const templates = take(TEMPLATES_BYTES)
    this.templates = new SlotSpace(templates, next, TEMPLATE_BYTES_MIN)
    this.#bodies = new SlotSpace(next, this.bytes.length - BODY_PADDING, SLOT_BYTES_MIN)
    this.bytes.set(seed.subarray(0, 16), this.control + MATCH.seed)
    const set = (offset: number, value: number) =>
      this.view.setUint32(this.control + offset, value, true)
    set(MATCH.newTemplate, this.newTemplate)
    set(MATCH.misses, this.misses)
    set(MATCH.refs, this.refs.byteOffset)
    set(MATCH.values, this.values.byteOffset)
    set(MATCH.times, this.times.byteOffset)
    set(MATCH.absent, this.absent.byteOffset)
    set(MATCH.linesMax, LINES_MAX)
  }

  /** A slot of at least `sizeBytes`, or undefined when the memory is full. */
  acquire(sizeBytes: number): BodySlot | undefined {
    return this.#bodies.acquire(sizeBytes)
  }

  release(slot: BodySlot): void {
    this.#bodies.release(slot)
  }
}
