import type { Socket } from 'node:net'
import type { Clock, HostNet } from '@prom/runtime'
import type { BodyMemory } from '../body-memory.ts'
import { ScrapeError } from '../errors.ts'
import { dialError } from './dial-error.ts'
import { ResponseReader } from './response-reader.ts'

export interface ConnectionDeps {
  readonly net: HostNet
  readonly clock: Clock
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

const IDLE_BYTES = 64 << 10
const SIZE_HINT_MIN = 64 << 10
const DONE = 'done'
/** A timer may ring this late on an idle thread. */
const LATE_MS = 25

/**
 * Bytes that arrive while nobody has asked yet, and the first bytes of each answer, land here and are copied. One
 * for all sockets: a read and its callback are one step of the event loop.
 */
const idleBuffer = Buffer.alloc(IDLE_BYTES)

interface Exchange {
  readonly request: PlainRequest
  readonly reader: ResponseReader
  resolve(reader: ResponseReader): void
  reject(err: unknown): void
}

/** One target's plain-HTTP connection, kept open between scrapes. Bodies arrive in kernel memory. */
export class Connection {
  readonly #deps: ConnectionDeps
  #socket: Socket | undefined
  #exchange: Exchange | undefined
  #sizeHint = SIZE_HINT_MIN

  constructor(deps: ConnectionDeps) {
    this.#deps = deps
  }

  /**
   * Sends a GET and resolves once the whole response is there; its slot is then the caller's to release. Rejects
   * with ScrapeError, worded as the original's client does.
   */
  async get(request: PlainRequest, signal: AbortSignal): Promise<ResponseReader> {
    const stop = new AbortController()
    const onAbort = () => this.#fail(new ScrapeError('context canceled'))
    signal.addEventListener('abort', onAbort, { once: true })
    void this.#waitDeadline(request.timeoutMs, stop.signal).then(() => {
      if (!stop.signal.aborted) this.#fail(new ScrapeError('context deadline exceeded'))
    })
    try {
      if (signal.aborted) throw new ScrapeError('context canceled')
      const isReused = this.#socket !== undefined
      try {
        return await this.#attempt(request)
      } catch (err) {
        // An idle connection may have been closed just now: once more on a new one, as long as nothing came back.
        if (isReused && err instanceof LostConnection) return await this.#attempt(request)
        throw err
      }
    } catch (err) {
      throw err instanceof LostConnection ? new ScrapeError(`Get "${request.url}": EOF`) : err
    } finally {
      stop.abort(DONE) // A reason of our own: the default one takes a stack trace each time.
      signal.removeEventListener('abort', onAbort)
    }
  }

  /**
   * Resolves when the target has had its time. A timer that rings late says that this thread was busy (with the first
   * bodies of many new targets, say) while the answer may have been waiting in the socket: that time is given back.
   */
  async #waitDeadline(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    let leftMs = timeoutMs
    do {
      const dueMs = clock.monotonic() + leftMs
      await clock.sleep(leftMs, signal)
      leftMs = clock.monotonic() - dueMs
    } while (leftMs > LATE_MS && !signal.aborted)
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #attempt(request: PlainRequest): Promise<ResponseReader> {
    const { memory } = this.#deps
    const reader = new ResponseReader(memory, this.#sizeHint, request.bodyMax)
    try {
      return await new Promise<ResponseReader>((resolve, reject) => {
        this.#exchange = { request, reader, resolve, reject }
        this.#socket ??= this.#open(request)
        this.#socket.write(request.head)
      })
    } catch (err) {
      memory.release(reader.slot)
      throw err
    } finally {
      this.#exchange = undefined
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
        callback: (count, buffer) => this.#onRead(opened, buffer.subarray(0, count)),
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
    const exchange = this.#exchange
    if (this.#socket !== socket || !exchange?.reader.hasStarted) return idleBuffer
    if (exchange.reader.isDone) return idleBuffer
    try {
      return exchange.reader.window()
    } catch (err) {
      this.#fail(err)
      return idleBuffer
    }
  }

  #onRead(socket: Socket, bytes: Uint8Array): boolean {
    const exchange = this.#exchange
    if (this.#socket !== socket || !exchange || exchange.reader.isDone) {
      socket.destroy() // Nobody asked.
      if (this.#socket === socket) this.#socket = undefined
      return false
    }
    try {
      const { reader } = exchange
      if (bytes.buffer === idleBuffer.buffer) reader.receive(bytes)
      else reader.received(bytes.length)
      if (reader.isDone) this.#finish(exchange)
    } catch (err) {
      this.#fail(err)
    }
    return true
  }

  #finish({ reader, resolve }: Exchange): void {
    if (!reader.isKeepAlive) this.close()
    const { bodyLength } = reader
    this.#sizeHint = Math.max(SIZE_HINT_MIN, bodyLength + (bodyLength >> 3))
    resolve(reader)
  }

  #onEnd(): void {
    const exchange = this.#exchange
    this.close()
    if (!exchange) return
    if (!exchange.reader.hasStarted) {
      exchange.reject(new LostConnection())
      return
    }
    try {
      exchange.reader.ended()
      this.#finish(exchange)
    } catch (err) {
      exchange.reject(named(err, exchange))
    }
  }

  #fail(err: unknown): void {
    const exchange = this.#exchange
    this.close()
    exchange?.reject(named(err, exchange))
  }
}

/** The connection ended before a byte of the answer. */
class LostConnection extends Error {}

/** Up to the header, errors name the URL; in the body they do not. */
function named(err: unknown, { request, reader }: Exchange): unknown {
  if (err instanceof ScrapeError) {
    if (reader.isInBody || err.limit) return err
    return new ScrapeError(`Get "${request.url}": ${err.message}`)
  }
  const code = (err as NodeJS.ErrnoException).code
  if (!reader.hasStarted && (code === 'ECONNRESET' || code === 'EPIPE')) return new LostConnection()
  const text = dialError(err as NodeJS.ErrnoException, request.host)
  return new ScrapeError(reader.isInBody ? text : `Get "${request.url}": ${text}`, { cause: err })
}
