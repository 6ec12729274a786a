/**
 * A way for a thread that works synchronously to ask the thread that started it: the asker sleeps until the answer is
 * there, the other side answers in its own time.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

/** The asking thread's end: hand it over in `workerData`, its port in the transfer list. */
export interface SyncEnd {
  readonly port: MessagePort
  /** Word 0 counts answers. Word 1 is the owner's, for what the asker shall know without asking. */
  readonly words: Int32Array
}

export interface SyncChannel {
  readonly end: SyncEnd
  close(): void
}

interface Asked {
  readonly id: number
  readonly request: unknown
}

type Answered = { readonly id: number } & (
  | { readonly response: unknown }
  | { readonly failure: string }
)

const SLICE_MS = 50

/** Makes a channel whose requests `serve` answers. */
export function createSyncChannel<Request, Response>(
  serve: (request: Request) => Promise<Response>,
): SyncChannel {
  const { port1, port2 } = new MessageChannel()
  const words = new Int32Array(new SharedArrayBuffer(8))
  port1.on('message', async ({ id, request }: Asked) => {
    let answered: Answered
    try {
      answered = { id, response: await serve(request as Request) }
    } catch (err) {
      answered = { id, failure: (err as Error).message }
    }
    port1.postMessage(answered)
    Atomics.add(words, 0, 1)
    Atomics.notify(words, 0)
  })
  port1.unref()
  return { end: { port: port2, words }, close: () => port1.close() }
}

/**
 * The asking side. Throws an Error with the other side's message if it failed; `checkStop` is called now and then while
 * waiting and ends it by throwing.
 */
export function createSyncCaller<Request, Response>({ port, words }: SyncEnd) {
  let lastId = 0
  return (request: Request, checkStop: () => void): Response => {
    const id = ++lastId
    port.postMessage({ id, request } satisfies Asked)
    for (;;) {
      const seen = Atomics.load(words, 0)
      const received = receiveMessageOnPort(port)?.message as Answered | undefined
      if (received?.id === id) {
        if ('failure' in received) throw new Error(received.failure)
        return received.response as Response
      }
      if (received) continue // The answer to a question that was given up.
      checkStop()
      Atomics.wait(words, 0, seen, SLICE_MS)
    }
  }
}
