import type { MetricFamily } from '@prom/metrics'
import type { Port } from '@prom/runtime'
import type {
  AppendOutcome,
  AppendRows,
  HeadStats,
  Ingest,
  PoolPlan,
  TargetMetadata,
  TargetStatus,
} from './contract.ts'

/** A call of `Ingest` on its way to the thread. */
export interface IngestRequest {
  readonly method: keyof Ingest | 'close'
  readonly args: readonly unknown[]
}

/** The ingest thread seen through a port: the same calls, elsewhere. */
export interface RemoteIngest extends Ingest {
  /** Stops scraping, closes storage; the thread may then end. */
  close(): Promise<void>
}

/** Makes an `Ingest` of a port whose other side calls `serveIngest`. */
export function createIngestPort(port: Port<IngestRequest, unknown>): RemoteIngest {
  const call = <T>(
    method: IngestRequest['method'],
    args: readonly unknown[] = [],
    transfer: ArrayBufferLike[] = [],
  ) => port.call({ method, args }, transfer) as Promise<T>
  return {
    append: (rows: AppendRows) => call<AppendOutcome>('append', [rows]),
    remoteWrite: (body: Uint8Array) => {
      const isWhole = body.byteLength === body.buffer.byteLength
      return call('remoteWrite', [body], isWhole ? [body.buffer] : [])
    },
    targets: () => call<readonly TargetStatus[]>('targets'),
    metadata: () => call<readonly TargetMetadata[]>('metadata'),
    metrics: () => call<readonly MetricFamily[]>('metrics'),
    headStats: () => call<HeadStats>('headStats'),
    syncPools: (plans: readonly PoolPlan[], removed: readonly string[]) =>
      call<void>('syncPools', [plans, removed]),
    close: () => call<void>('close'),
  }
}

/** The other side: answers a request with the role's method. */
export function serveIngest(role: RemoteIngest): (request: IngestRequest) => Promise<unknown> {
  return async ({ method, args }) => {
    const call = role[method] as (...args: readonly unknown[]) => Promise<unknown>
    return call.apply(role, args as unknown[])
  }
}
