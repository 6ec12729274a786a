/**
 * A Port is how one role talks to another that may live in another thread: requests with an answer, and
 * messages both ways. Payloads are batches: typed arrays in shared or transferred memory and a few numbers.
 */
export interface Port<Request, Response, Event = never> {
  /** Sends a request and resolves with its answer; rejects if the other side failed or ended. */
  call(request: Request, transfer?: ArrayBufferLike[]): Promise<Response>
  onEvent(listener: (event: Event) => void): void
  close(): Promise<void>
}

/** The role runs inside the calling thread; used by unit tests and one-thread programs. */
export function createInlinePort<Request, Response, Event = never>(
  serve: (request: Request, emit: (event: Event) => void) => Response | Promise<Response>,
): Port<Request, Response, Event> {
  const listeners: ((event: Event) => void)[] = []
  const emit = (event: Event) => {
    for (const listener of listeners) listener(event)
  }
  return {
    call: async (request) => serve(request, emit),
    onEvent: (listener) => {
      listeners.push(listener)
    },
    close: async () => {},
  }
}
