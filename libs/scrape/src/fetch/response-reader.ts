import { BODY_PADDING, type BodyMemory, type BodySlot } from '../body-memory.ts'
import { ScrapeError } from '../errors.ts'
import { PlainHead } from './plain-head.ts'

const HEADER_BYTES_MAX = 1 << 20
const CHUNK_LINE_MAX = 4096
const CR = 13
const LF = 10

type State =
  | 'header'
  | 'length'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailer'
  | 'until-close'
  | 'done'

/**
 * Reads one HTTP/1.x response where it arrives: in a slot of kernel memory. Chunks are moved together in place.
 * The body ends up contiguous at `bodyAddress`, with room for one more byte and padding behind it. The owner
 * releases `slot`.
 */
export class ResponseReader {
  slot: BodySlot
  status = 0
  /** As sent: "404 Not Found". */
  statusText = ''
  contentType: string | undefined
  contentEncoding = ''
  location: string | undefined
  isKeepAlive = false
  readonly #memory: BodyMemory
  readonly #bodyMax: number
  readonly #head: PlainHead
  #state: State = 'header'
  #filled: number
  /** Next byte to look at; in a chunked body behind `#out`, up to which the body is together. */
  #at: number
  /** Up to here there is no end of the header. */
  #seen = 0
  #bodyStart = 0
  #out = 0
  #remaining = 0

  /** A body of `bodyMax` bytes or more is refused (0 = no limit). Throws ScrapeError if memory is short. */
  constructor(memory: BodyMemory, sizeHint: number, bodyMax: number, head = new PlainHead()) {
    this.#memory = memory
    this.#head = head
    this.#bodyMax = bodyMax
    this.slot = acquire(memory, sizeHint)
    this.#filled = this.slot.address
    this.#at = this.slot.address
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  get hasStarted(): boolean {
    return this.#filled > this.slot.address
  }

  get isInBody(): boolean {
    return this.#state !== 'header'
  }

  get bodyAddress(): number {
    return this.#bodyStart
  }

  get bodyLength(): number {
    return this.#out - this.#bodyStart
  }

  /** Where the next bytes may be written: never empty. */
  window(): Buffer {
    const end = this.slot.address + this.slot.sizeBytes - BODY_PADDING
    if (this.#filled >= end) this.#grow()
    const { address, sizeBytes } = this.slot
    return this.#memory.bytes.subarray(this.#filled, address + sizeBytes - BODY_PADDING)
  }

  /** `count` more bytes are in the window. Throws ScrapeError. */
  received(count: number): void {
    this.#filled += count
    while (this.#step());
  }

  /** Copies bytes that arrived elsewhere. */
  receive(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const window = this.window()
      const count = Math.min(window.length, bytes.length - from)
      window.set(bytes.subarray(from, from + count))
      this.received(count)
      from += count
    }
  }

  /** The other side has closed. Throws ScrapeError unless that ends the body. */
  ended(): void {
    if (this.#state === 'until-close') this.#state = 'done'
    if (this.#state !== 'done') throw new ScrapeError(this.isInBody ? 'unexpected EOF' : 'EOF')
  }

  #grow(): void {
    const { bytes } = this.#memory
    const old = this.slot
    const slot = acquire(this.#memory, old.sizeBytes * 2)
    bytes.copyWithin(slot.address, old.address, this.#filled)
    const by = slot.address - old.address
    this.#filled += by
    this.#at += by
    this.#seen += by
    this.#bodyStart += by
    this.#out += by
    this.slot = slot
    this.#memory.release(old)
  }

  /** One step of the state machine; false when it needs more bytes or is done. */
  #step(): boolean {
    switch (this.#state) {
      case 'header':
        return this.#header()
      case 'length':
        return this.#take(this.#remaining, 'done')
      case 'until-close':
        this.#take(this.#filled - this.#at, 'until-close')
        return false
      case 'chunk-size':
        return this.#chunkSize()
      case 'chunk-data':
        return this.#take(this.#remaining, 'chunk-end')
      case 'chunk-end':
        return this.#line(() => 'chunk-size')
      case 'trailer':
        return this.#line((line) => (line === '' ? 'done' : 'trailer'))
      case 'done':
        this.isKeepAlive &&= this.#at === this.#filled
        return false
    }
  }

  #header(): boolean {
    const { bytes } = this.#memory
    if (this.#head.read(this.#memory, this.#at, this.#filled)) return this.#takePlain(this.#head)
    const end = findHeaderEnd(bytes, Math.max(this.#at, this.#seen), this.#filled)
    if (end < 0) {
      this.#seen = Math.max(this.#at, this.#filled - 2) // An end may be cut in two.
      if (this.#filled - this.#at > HEADER_BYTES_MAX) {
        throw new ScrapeError(
          `net/http: server response headers exceeded ${HEADER_BYTES_MAX} bytes; aborted`,
        )
      }
      return false
    }
    const lines = bytes.toString('latin1', this.#at, end).split(/\r?\n/)
    this.#at = end
    this.#statusLine(lines[0] as string)
    const isChunked = this.#fields(lines.slice(1))
    this.#bodyStart = end
    this.#out = end
    if (this.status >= 100 && this.status < 200) return true // Another header follows.
    if (this.status === 204 || this.status === 304) this.#state = 'done'
    else if (isChunked) this.#state = 'chunk-size'
    else if (this.#remaining >= 0) this.#state = this.#remaining === 0 ? 'done' : 'length'
    else {
      this.#state = 'until-close'
      this.isKeepAlive = false
    }
    if (this.#remaining > 0) this.#check(this.#remaining)
    return true
  }

  #takePlain({ length, bodyLength, isChunked, isGzip, contentType }: PlainHead): boolean {
    this.status = 200
    this.statusText = '200 OK'
    this.contentType = contentType
    if (isGzip) this.contentEncoding = 'gzip'
    this.isKeepAlive = true
    this.#at += length
    this.#bodyStart = this.#at
    this.#out = this.#at
    this.#remaining = isChunked ? -1 : bodyLength
    if (isChunked) this.#state = 'chunk-size'
    else this.#state = bodyLength === 0 ? 'done' : 'length'
    if (this.#remaining > 0) this.#check(this.#remaining)
    return true
  }

  #statusLine(line: string): void {
    const match = /^HTTP\/1\.([01]) ([0-9]{3})(?: (.*))?$/.exec(line)
    if (!match) {
      const shown = JSON.stringify(line.slice(0, 100))
      throw new ScrapeError(
        `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${shown}`,
      )
    }
    this.status = Number(match[2])
    this.statusText = `${match[2]} ${match[3] ?? ''}`
    this.isKeepAlive = match[1] === '1'
  }

  /** Takes what matters from the header fields; true if the body is chunked. */
  #fields(lines: readonly string[]): boolean {
    this.#remaining = -1
    let isChunked = false
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon < 0) continue
      const value = line.slice(colon + 1).trim()
      switch (line.slice(0, colon).toLowerCase()) {
        case 'content-length':
          this.#contentLength(value)
          break
        case 'transfer-encoding':
          isChunked = value.toLowerCase() === 'chunked'
          if (!isChunked) throw new ScrapeError(`unsupported transfer encoding: "${value}"`)
          break
        case 'content-type':
          this.contentType ??= value
          break
        case 'content-encoding':
          this.contentEncoding = value
          break
        case 'location':
          this.location = value
          break
        case 'connection':
          if (/\bclose\b/i.test(value)) this.isKeepAlive = false
          else if (/\bkeep-alive\b/i.test(value)) this.isKeepAlive = true
      }
    }
    return isChunked
  }

  #contentLength(value: string): void {
    const length = /^[0-9]{1,15}$/.test(value) ? Number(value) : -1
    if (length < 0 || (this.#remaining >= 0 && this.#remaining !== length)) {
      throw new ScrapeError(`bad Content-Length ${JSON.stringify(value)}`)
    }
    this.#remaining = length
  }

  #chunkSize(): boolean {
    return this.#line((line) => {
      const digits = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1]
      if (digits === undefined) throw new ScrapeError('invalid byte in chunk length')
      this.#remaining = Number.parseInt(digits, 16)
      if (this.#remaining > 0) this.#check(this.#out - this.#bodyStart + this.#remaining)
      return this.#remaining === 0 ? 'trailer' : 'chunk-data'
    })
  }

  /** Takes one line, if it is there, to the state `next` says. */
  #line(next: (line: string) => State): boolean {
    const { bytes } = this.#memory
    const lf = bytes.subarray(this.#at, this.#filled).indexOf(LF)
    if (lf < 0) {
      if (this.#filled - this.#at > CHUNK_LINE_MAX) throw new ScrapeError('header line too long')
      this.#compact()
      return false
    }
    const end = this.#at + lf
    const line = bytes.toString('latin1', this.#at, bytes[end - 1] === CR && lf > 0 ? end - 1 : end)
    this.#at = end + 1
    this.#state = next(line)
    return true
  }

  /** Adds up to `count` of the bytes at hand to the body; goes on to `after` once all are there. */
  #take(count: number, after: State): boolean {
    const have = Math.min(count, this.#filled - this.#at)
    if (this.#at !== this.#out) {
      this.#memory.bytes.copyWithin(this.#out, this.#at, this.#at + have)
    }
    this.#at += have
    this.#out += have
    this.#remaining -= have
    this.#check(this.#out - this.#bodyStart)
    if (have < count) {
      this.#compact()
      return false
    }
    this.#state = after
    return true
  }

  /** Moves what is not read yet down behind the body. */
  #compact(): void {
    if (this.#at === this.#out) return
    this.#memory.bytes.copyWithin(this.#out, this.#at, this.#filled)
    this.#filled -= this.#at - this.#out
    this.#at = this.#out
  }

  #check(length: number): void {
    if (this.#bodyMax > 0 && length >= this.#bodyMax && this.contentEncoding === '') {
      throw new ScrapeError('body size limit exceeded', { limit: 'body' })
    }
  }
}

function acquire(memory: BodyMemory, sizeBytes: number): BodySlot {
  const slot = memory.acquire(sizeBytes)
  if (!slot) throw new ScrapeError('no memory left for scrape bodies', { limit: 'body' })
  return slot
}

/** Just past the blank line that ends a header, or -1. Never looks beyond `end`. */
function findHeaderEnd(bytes: Buffer, start: number, end: number): number {
  const piece = bytes.subarray(start, end)
  for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) {
    if (piece[at + 1] === LF) return start + at + 2
    if (piece[at + 1] === CR && piece[at + 2] === LF) return start + at + 3
  }
  return -1
}
