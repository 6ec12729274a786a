/** A query thread: evaluates one query at a time over the shared head and the blocks. */
import {
  type QueryThreadData,
  runQueryThread,
  type ThreadAnswer,
  type ThreadTask,
} from '@prom/query'
import { createHost, serveThread, threadData } from '@prom/runtime/node'

const { files, clock } = createHost(process)
const serve = runQueryThread(threadData<QueryThreadData>(), { files, clock })

serveThread<ThreadTask, ThreadAnswer>((task, _emit, transfer) => serve(task, transfer))
