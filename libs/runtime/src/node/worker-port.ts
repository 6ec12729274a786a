/**
 * A Port whose other side is a thread. The entry file of a bundled program's thread lies beside its main file,
 * `join(dirname(mainFile), 'ingest.cjs')`, and calls `serveThread`.
 */
import { parentPort, Worker, type WorkerOptions, workerData } from 'node:worker_threads'
import type { Port } from '../port.ts'

/** A failure as it crosses threads: the message and the plain fields of the error (`errorType`, `code` ...). */
interface Failure {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
}

interface Asked {
  readonly id: number
  readonly request: unknown
}

type Told =
  | { readonly id: number; readonly response: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly event: unknown }

export interface WorkerPort<Request, Response, Event = never>
  extends Port<Request, Response, Event> {
  /** Ends the thread at once, whatever it does; calls under way reject. */
  terminate(): Promise<void>
  /** Calls back once, after the thread has ended, whoever ended it; `err` if it failed. */
  onExit(listener: (err: Error | undefined) => void): void
  /** The thread itself, for its performance counters. */
  readonly worker: Worker
}

/** Starts a thread. `data` is what its `threadData()` returns; shared memory in it stays shared. */
export function createWorkerPort<Request, Response, Event = never>(
  workerPath: string,
  data: unknown,
  options: Pick<WorkerOptions, 'resourceLimits' | 'transferList' | 'name'> = {},
): WorkerPort<Request, Response, Event> {
  const worker = new Worker(workerPath, { ...options, workerData: data })
  const waiting = new Map<number, { resolve(value: Response): void; reject(err: Error): void }>()
  const listeners: ((event: Event) => void)[] = []
  const exitListeners: ((err: Error | undefined) => void)[] = []
  let lastId = 0
  let ended: Error | undefined
  let failure: Error | undefined

  worker.on('message', (told: Told) => {
    if ('event' in told) {
      for (const listener of listeners) listener(told.event as Event)
      return
    }
    const call = waiting.get(told.id)
    waiting.delete(told.id)
    if ('failure' in told) call?.reject(toError(told.failure))
    else call?.resolve(told.response as Response)
  })
  worker.on('error', (err) => {
    failure = err instanceof Error ? err : new Error(String(err))
  })
  worker.on('exit', () => {
    ended = failure ?? new Error('thread has ended')
    for (const call of waiting.values()) call.reject(ended)
    waiting.clear()
    for (const listener of exitListeners) listener(failure)
  })

  const terminate = async () => {
    await worker.terminate()
  }
  return {
    worker,
    call: (request, transfer = []) =>
      new Promise((resolve, reject) => {
        if (ended) {
          reject(ended)
          return
        }
        const id = ++lastId
        const asked: Asked = { id, request }
        worker.postMessage(asked, transfer as ArrayBuffer[])
        waiting.set(id, { resolve, reject })
      }),
    onEvent: (listener) => {
      listeners.push(listener)
    },
    onExit: (listener) => {
      exitListeners.push(listener)
    },
    terminate,
    close: terminate,
  }
}

/** What `createWorkerPort` was given as `data`. */
export function threadData<T>(): T {
  return workerData as T
}

/**
 * The thread's side: answers each request with `serve`. What `serve` pushes on `transfer` is moved with the
 * answer instead of copied.
 */
export function serveThread<Request, Response, Event = never>(
  serve: (
    request: Request,
    emit: (event: Event, transfer?: ArrayBuffer[]) => void,
    transfer: ArrayBuffer[],
  ) => Response | Promise<Response>,
): void {
  const port = parentPort
  if (!port) throw new Error('serveThread is for threads')
  const emit = (event: Event, transfer: ArrayBuffer[] = []) =>
    port.postMessage({ event } satisfies Told, transfer)
  port.on('message', async ({ id, request }: Asked) => {
    const transfer: ArrayBuffer[] = []
    try {
      const response = await serve(request as Request, emit, transfer)
      port.postMessage({ id, response } satisfies Told, transfer)
    } catch (err) {
      port.postMessage({ id, failure: toFailure(err) } satisfies Told)
    }
  })
}

function toFailure(err: unknown): Failure {
  if (!(err instanceof Error)) {
    return { name: 'Error', message: String(err), stack: undefined, fields: {} }
  }
  const fields = Object.fromEntries(
    Object.entries(err).filter(([, value]) => /^(string|number|boolean)$/.test(typeof value)),
  )
  return { name: err.name, message: err.message, stack: err.stack, fields }
}

function toError({ name, message, stack, fields }: Failure): Error {
  const err = Object.assign(new Error(message), fields, { name })
  if (stack !== undefined) err.stack = stack
  return err
}
