import type { EngineOptions } from '@prom/promql-engine'
import type { Clock, HostFiles } from '@prom/runtime'
import { attachTsdbReader } from '@prom/tsdb'
import { type MemoryLedger, threadAccount } from '../memory-ledger.ts'
import {
  FLAG_STOP,
  STOP_CANCELED,
  STOP_TIMEOUT,
  type ThreadAnswer,
  type ThreadTask,
} from '../messages.ts'
import { QueryService } from '../query-service.ts'

/** What main starts a query thread with. */
export interface QueryThreadData {
  readonly memory: WebAssembly.Memory
  readonly dir: string
  /** 0..63, unlike that of any other reading thread. */
  readonly readerIndex: number
  /** Budget of decoded columns kept between queries. */
  readonly cacheBytes?: number
  readonly engine: Omit<EngineOptions, 'subqueryStepMs'>
  readonly samplesMax: number
  readonly memoryMaxBytes?: number
  /** Shared with the pool. */
  readonly flags: Int32Array
  /** Shared with the pool and the other threads. */
  readonly ledger?: MemoryLedger
  readonly perStepStats?: boolean
}

const MOVED_FROM_BYTES = 4096

/** The serving function of a query thread, for `serveThread` of runtime. */
export function runQueryThread(
  data: QueryThreadData,
  { files, clock }: { readonly files: HostFiles; readonly clock: Clock },
): (task: ThreadTask, transfer: ArrayBuffer[]) => ThreadAnswer {
  const { memory, dir, readerIndex, cacheBytes, engine, samplesMax, flags } = data
  const reader = attachTsdbReader(
    { memory, dir, readerIndex, ...(cacheBytes !== undefined && { cacheBytes }) },
    { files },
  )
  const account = data.ledger && threadAccount(data.ledger, readerIndex)
  const options = {
    engine,
    samplesMax,
    memoryMaxBytes: data.memoryMaxBytes ?? 0,
    perStepStats: data.perStepStats ?? false,
  }
  const service = new QueryService(options, {
    source: reader,
    clock,
    account,
    stopReason: () => {
      const word = Atomics.load(flags, FLAG_STOP)
      return word === STOP_CANCELED ? 'canceled' : word === STOP_TIMEOUT ? 'timeout' : undefined
    },
  })
  return (task, transfer) => {
    const answer = service.serve(task)
    // Moving an array costs more than copying a small one.
    for (const { buffer, length } of answer.data) {
      if (length > MOVED_FROM_BYTES) transfer.push(buffer as ArrayBuffer)
    }
    return answer
  }
}
