/** A query thread: evaluates one query at a time over the shared head and the blocks. */
import { setPriority } from 'node:os'
import {
  type PieceEvent,
  type QueryThreadData,
  runQueryThread,
  type ThreadAnswer,
  type ThreadTask,
} from '@prom/query'
import { createHost, serveThread, threadData } from '@prom/runtime/node'

/** Where threads have priorities of their own (Linux), scrapes and rules' appends come before queries. */
const NICE = 5

try {
  setPriority(0, NICE)
} catch {
  // Not allowed: then all threads are equal.
}

const { files, clock } = createHost(process)
let emitPiece: (piece: PieceEvent, transfer: ArrayBuffer[]) => void = () => {}
const serve = runQueryThread(threadData<QueryThreadData>(), { files, clock }, (...piece) =>
  emitPiece(...piece),
)

serveThread<ThreadTask, ThreadAnswer, PieceEvent>((task, emit, transfer) => {
  emitPiece = emit
  return serve(task, transfer)
})
