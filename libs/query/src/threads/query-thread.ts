import { type EngineOptions, EvaluationError } from '@prom/promql-engine'
import type { Clock, HostFiles } from '@prom/runtime'
import { createSyncCaller, type SyncEnd } from '@prom/runtime/node'
import { attachTsdbReader, SmallReader, type TsdbReader } from '@prom/tsdb'
import { type MemoryLedger, threadAccount } from '../memory-ledger.ts'
import {
  FLAG_STOP,
  type PieceEvent,
  STOP_CANCELED,
  STOP_TIMEOUT,
  type ThreadAnswer,
  type ThreadTask,
} from '../messages.ts'
import { answerStrings, QueryService } from '../query-service.ts'
import { type RemoteSelect, type RemoteSelected, RemoteSource } from '../remote-source.ts'
import { WarmUp } from '../warm-up.ts'

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
  /** How to ask main for what is stored elsewhere; word 1 says how many storages there are. */
  readonly remote?: SyncEnd
}

const MOVED_FROM_BYTES = 4096
/** What is read of the head before the first query. */
const WARM_UP_BOUND = { postingsMax: 5000, seriesMax: 200, samplesMax: 100_000 }

/** The serving function of a query thread, for `serveThread` of runtime; `onPiece` sends pieces of answers. */
export function runQueryThread(
  data: QueryThreadData,
  { files, clock }: { readonly files: HostFiles; readonly clock: Clock },
  onPiece?: (piece: PieceEvent, transfer: ArrayBuffer[]) => void,
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
    merged: data.remote && readingRemotes(reader, data.remote, { files, dir, flags }),
    clock,
    account,
    stopReason: () => stopReason(flags),
    onPiece: onPiece && ((piece) => onPiece(piece, piece.bytes ? [piece.bytes.buffer] : [])),
  })
  const warmUp = new WarmUp(options, {
    // Same code, but a cache of its own that goes away again.
    open: () => new SmallReader({ memory, dir, readerIndex }, WARM_UP_BOUND, { files }),
    facts: () => reader.facts(),
    clock,
  })
  return (task, transfer) => {
    if (task.kind === 'warmUp') return answerStrings([warmUp.step()])
    const answer = service.serve(task)
    // Moving an array costs more than copying a small one.
    for (const { buffer, length } of answer.data) {
      if (length > MOVED_FROM_BYTES) transfer.push(buffer as ArrayBuffer)
    }
    return answer
  }
}

/** Compat: storage counts as complete only from here on after its oldest time. */
const START_MARGIN_MS = 4 * 3_600_000

function readingRemotes(
  reader: TsdbReader,
  end: SyncEnd,
  local: { readonly files: HostFiles; readonly dir: string; readonly flags: Int32Array },
): RemoteSource {
  const ask = createSyncCaller<RemoteSelect, RemoteSelected>(end)
  const checkStop = () => {
    const reason = stopReason(local.flags)
    if (reason) throw new EvaluationError(`query was stopped: ${reason}`, reason)
  }
  const oldest = new Map<string, number>()
  return new RemoteSource({
    local: reader,
    count: () => Atomics.load(end.words, 1),
    select: (request) => ask(request, checkStop),
    localStartMs: () => {
      const blocks = local.files.listSync(local.dir).filter((name) => /^[0-9A-Z]{26}$/.test(name))
      for (const name of blocks) {
        if (!oldest.has(name)) oldest.set(name, blockStart(`${local.dir}/${name}`, local.files))
      }
      const starts = blocks.map((name) => oldest.get(name) ?? Infinity)
      return Math.min(reader.facts().minTimeMs, ...starts) + START_MARGIN_MS
    },
  })
}

function blockStart(folder: string, files: HostFiles): number {
  try {
    return Number(
      (JSON.parse(files.readTextSync(`${folder}/meta.json`)) as { minTime: number }).minTime,
    )
  } catch {
    return Infinity // It is being written, or deleted.
  }
}

function stopReason(flags: Int32Array): 'canceled' | 'timeout' | undefined {
  const word = Atomics.load(flags, FLAG_STOP)
  return word === STOP_CANCELED ? 'canceled' : word === STOP_TIMEOUT ? 'timeout' : undefined
}
