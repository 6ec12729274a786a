import { constants, createGunzip, type Gunzip, type ZlibReset } from 'node:zlib'

/** What Node's zlib streams have inside; there since Node 8, and checked for before use. */
interface Inside {
  readonly _handle?: {
    writeSync(
      flush: number,
      from: Uint8Array,
      fromOffset: number,
      fromLength: number,
      to: Uint8Array,
      toOffset: number,
      toLength: number,
    ): void
  }
  /** Bytes left of output and input after a write. */
  readonly _writeState?: Uint32Array
}

/**
 * Unpacks gzip from buffer to buffer with one inflater again and again: `gunzipSync` makes a stream, its window and its
 * output anew each time. Whatever is out of the ordinary is left to `gunzipSync`.
 */
export class DirectGunzip {
  #stream: (Gunzip & ZlibReset) | undefined
  #hasFailed = false
  #isUseless = false

  /** Bytes written to `to`; -1: not possible, for want of room or for another reason. */
  unpack(packed: Uint8Array, to: Uint8Array): number {
    if (this.#isUseless) return -1
    const stream = this.#stream ?? this.#open()
    const { _handle: handle, _writeState: state } = stream as Gunzip & Inside
    if (typeof handle?.writeSync !== 'function' || state?.length !== 2) {
      this.#isUseless = true
      stream.destroy()
      return -1
    }
    handle.writeSync(constants.Z_FINISH, packed, 0, packed.length, to, 0, to.length)
    const [roomLeft, inputLeft] = state as unknown as [number, number]
    if (this.#hasFailed || roomLeft === 0 || inputLeft !== 0) {
      stream.destroy()
      this.#stream = undefined
      return -1
    }
    stream.reset()
    return to.length - roomLeft
  }

  #open(): Gunzip & ZlibReset {
    const stream = createGunzip({ chunkSize: 64 }) as Gunzip & ZlibReset
    this.#hasFailed = false
    stream.on('error', () => {})
    const inside = stream as unknown as { _handle?: { onerror?: () => void } }
    if (inside._handle) {
      inside._handle.onerror = () => {
        this.#hasFailed = true
      }
    }
    this.#stream = stream
    return stream
  }
}
