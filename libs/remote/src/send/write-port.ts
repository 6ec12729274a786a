/** The sending thread as main drives it. */
import type { Port } from '@prom/runtime'
import type { RemoteWrite } from './write-storage.ts'

export interface RemoteWriteRequest {
  readonly method: keyof RemoteWrite
  readonly args: readonly unknown[]
}

/** Makes a `RemoteWrite` of a port whose other side is `serveRemoteWrite`. */
export function createRemoteWritePort(port: Port<RemoteWriteRequest, unknown>): RemoteWrite {
  const call = <T>(method: RemoteWriteRequest['method'], ...args: readonly unknown[]) =>
    port.call({ method, args }) as Promise<T>
  return {
    apply: (plans, options) => call('apply', plans, options),
    sendMetadata: (names, rows) => call('sendMetadata', names, rows),
    metrics: () => call('metrics'),
    lowestSentMs: () => call('lowestSentMs'),
    close: () => call('close'),
  }
}

/** The other side: answers each request with the method of the same name. */
export function serveRemoteWrite(
  storage: RemoteWrite,
): (request: RemoteWriteRequest) => Promise<unknown> {
  return async ({ method, args }) => {
    const call = storage[method] as (...args: readonly unknown[]) => Promise<unknown>
    return call.apply(storage, args as unknown[])
  }
}
