import { HTTP_HEAD, HTTP_HEAD_CHUNKED, HTTP_HEAD_GZIP } from '@prom/kernels'
import type { BodyMemory } from '../body-memory.ts'

/** The head of the answer a connection got last, if it was plain; a type seen before costs no string. */
export class PlainHead {
  /** Bytes up to the body. */
  length = 0
  /** Of no meaning if the body is chunked. */
  bodyLength = 0
  isChunked = false
  isGzip = false
  contentType: string | undefined
  #typeHash = 0
  #typeLength = -1

  /** False: it is not all there, or not plain. */
  read(memory: BodyMemory, start: number, end: number): boolean {
    const { view, httpHead, kernels } = memory
    const length = kernels.exports.readHttpHead(start, end, httpHead)
    if (length === 0) return false
    const flags = view.getUint32(httpHead + HTTP_HEAD.flags, true)
    this.length = length
    this.bodyLength = view.getUint32(httpHead + HTTP_HEAD.bodyLength, true)
    this.isChunked = (flags & HTTP_HEAD_CHUNKED) !== 0
    this.isGzip = (flags & HTTP_HEAD_GZIP) !== 0
    const type = view.getUint32(httpHead + HTTP_HEAD.type, true)
    const typeLength = type === 0 ? -1 : view.getUint32(httpHead + HTTP_HEAD.typeLength, true)
    const typeHash = view.getUint32(httpHead + HTTP_HEAD.typeHash, true)
    if (typeLength !== this.#typeLength || typeHash !== this.#typeHash) {
      this.contentType =
        type === 0 ? undefined : memory.bytes.toString('latin1', type, type + typeLength)
      this.#typeLength = typeLength
      this.#typeHash = typeHash
    }
    return true
  }
}
