import type { Socket } from 'node:net'
import type { HostNet } from '@prom/runtime'
import type { BodyMemory } from '../body-memory.ts'
import { ScrapeError } from '../errors.ts'
import type { Deadline, Deadlines } from './deadlines.ts'
import { dialError } from './dial-error.ts'
import { PlainHead } from './plain-head.ts'
import { ResponseReader } from './response-reader.ts'

export interface ConnectionDeps {
  readonly net: HostNet
  readonly deadlines: Deadlines
  readonly memory: BodyMemory
}

/** One request, ready to send. */
export interface PlainRequest {
  readonly url: string
  readonly host: string
  readonly port: number
  /** The whole request: line, fields, blank line. */
  readonly head: string
  readonly timeoutMs: number
  readonly bodyMax: number
}

/** A whole answer; its body lies in kernel memory, with room for one more byte and padding behind it. */
export interface PlainAnswer {
  readonly status: number
  /** As sent: "404 Not Found". */
  readonly statusText: string
  readonly contentType: string | undefined
  readonly contentEncoding: string
  readonly location: string | undefined
  readonly bodyAddress: number
  readonly bodyLength: number
}

/** Gets an answer, good until it returns, or a ScrapeError. Must not throw. */
export type OnAnswer = (answer: PlainAnswer | undefined, error: unknown) => void

const SIZE_HINT_MIN = 64 << 10

interface Exchange {
  readonly request: PlainRequest
  readonly onAnswer: OnAnswer
  /** The connection was there before: if it turns out to be closed, another one is tried. */
  isReused: boolean
  /** From the first bytes on that do not hold the whole answer. */
  reader: ResponseReader | undefined
}

/**
 * One target's plain-HTTP connection, kept open between scrapes. A small answer that arrives in one piece is looked at
 * where all connections' first bytes land, larger ones are received into a slot.
 */
export class Connection {
  readonly #deps: ConnectionDeps
  readonly #head = new PlainHead()
  readonly #deadline: Deadline
  #socket: Socket | undefined
  #exchange: Exchange | undefined
  #sizeHint = SIZE_HINT_MIN

  constructor(deps: ConnectionDeps) {
    this.#deps = deps
    const onExpired = () => this.#fail(new ScrapeError('context deadline exceeded'))
    this.#deadline = { dueMs: 0, index: -1, onExpired }
  }

  /** Sends a GET; one at a time. Errors are worded as the original's client does. */
  get(request: PlainRequest, onAnswer: OnAnswer): void {
    const isReused = this.#socket !== undefined
    this.#exchange = { request, onAnswer, isReused, reader: undefined }
    this.#deps.deadlines.begin(this.#deadline, request.timeoutMs)
    this.#send(request)
  }

  /** Ends a GET under way with an error. */
  cancel(): void {
    this.#fail(new ScrapeError('context canceled'))
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #send(request: PlainRequest): void {
    try {
      this.#socket ??= this.#open(request)
      this.#socket.write(request.head, 'latin1')
    } catch (err) {
      this.#fail(err)
    }
  }

  #open({ host, port }: PlainRequest): Socket {
    // Not a constant: `buffer` is called before `connect` returns.
    let socket: Socket | undefined
    const opened = this.#deps.net.connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer: () => this.#window(socket),
        callback: (count, buffer) => this.#onRead(opened, count, buffer),
      },
    })
    socket = opened
    opened.on('error', (err) => {
      if (this.#socket === opened) this.#fail(err)
    })
    opened.on('end', () => {
      if (this.#socket === opened) this.#onEnd()
    })
    opened.on('close', () => {
      if (this.#socket === opened) this.#onEnd()
    })
    return opened
  }

  /** Where the next read goes: once an answer has begun, right to its place. */
  #window(socket: Socket | undefined): Uint8Array {
    const { idle } = this.#deps.memory
    const reader = this.#exchange?.reader
    if (this.#socket !== socket || !reader || reader.isDone) return idle
    try {
      return reader.window()
    } catch (err) {
      this.#fail(err)
      return idle
    }
  }

  #onRead(socket: Socket, count: number, buffer: Uint8Array): boolean {
    const exchange = this.#exchange
    if (this.#socket !== socket || !exchange || exchange.reader?.isDone) {
      socket.destroy() // Nobody asked.
      if (this.#socket === socket) this.#socket = undefined
      return false
    }
    const { memory } = this.#deps
    const isIdle = buffer.byteOffset === memory.idleAddress
    if (isIdle && !exchange.reader && this.#takeWhole(exchange, count)) return true
    try {
      exchange.reader ??= new ResponseReader(
        memory,
        this.#sizeHint,
        exchange.request.bodyMax,
        this.#head,
      )
      if (isIdle) exchange.reader.receive(buffer.subarray(0, count))
      else exchange.reader.received(count)
      if (exchange.reader.isDone) this.#finish(exchange.reader)
    } catch (err) {
      this.#fail(err)
    }
    return true
  }

  /** True if the first bytes are a whole plain answer and nothing else. */
  #takeWhole({ request: { bodyMax } }: Exchange, count: number): boolean {
    const { memory } = this.#deps
    const { idleAddress } = memory
    const head = this.#head
    if (!head.read(memory, idleAddress, idleAddress + count)) return false
    const { bodyLength, isGzip } = head
    if (head.isChunked || head.length + bodyLength !== count) return false
    if (bodyMax > 0 && bodyLength >= bodyMax && !isGzip) return false
    this.#settle(
      {
        status: 200,
        statusText: '200 OK',
        contentType: head.contentType,
        contentEncoding: isGzip ? 'gzip' : '',
        location: undefined,
        bodyAddress: idleAddress + head.length,
        bodyLength,
      },
      undefined,
    )
    return true
  }

  #finish(reader: ResponseReader): void {
    if (!reader.isKeepAlive) this.close()
    const { bodyLength } = reader
    this.#sizeHint = Math.max(SIZE_HINT_MIN, bodyLength + (bodyLength >> 3))
    this.#settle(reader, undefined)
  }

  #onEnd(): void {
    const exchange = this.#exchange
    this.close()
    if (!exchange) return
    const { reader } = exchange
    if (!reader) {
      this.#lose(exchange)
      return
    }
    try {
      reader.ended()
    } catch (err) {
      this.#settle(undefined, named(err, exchange))
      return
    }
    this.#finish(reader)
  }

  /** The connection ended before a byte of the answer: once more on a new one, if it was an idle one. */
  #lose(exchange: Exchange): void {
    if (!exchange.isReused) {
      this.#settle(undefined, new ScrapeError(`Get "${exchange.request.url}": EOF`))
      return
    }
    exchange.isReused = false
    this.#send(exchange.request)
  }

  #fail(err: unknown): void {
    const exchange = this.#exchange
    this.close()
    if (!exchange) return
    const { code } = err as NodeJS.ErrnoException
    if (!exchange.reader && (code === 'ECONNRESET' || code === 'EPIPE')) this.#lose(exchange)
    else this.#settle(undefined, named(err, exchange))
  }

  #settle(answer: PlainAnswer | undefined, error: unknown): void {
    const exchange = this.#exchange
    if (!exchange) return
    this.#exchange = undefined
    this.#deps.deadlines.end(this.#deadline)
    try {
      exchange.onAnswer(answer, error)
    } finally {
      if (exchange.reader) this.#deps.memory.release(exchange.reader.slot)
    }
  }
}

/** Up to the header, errors name the URL; in the body they do not. */
function named(err: unknown, { request, reader }: Exchange): unknown {
  const isInBody = reader?.isInBody === true
  if (err instanceof ScrapeError) {
    if (isInBody || err.limit) return err
    return new ScrapeError(`Get "${request.url}": ${err.message}`)
  }
  const text = dialError(err as NodeJS.ErrnoException, request.host)
  return new ScrapeError(isInBody ? text : `Get "${request.url}": ${text}`, { cause: err })
}
