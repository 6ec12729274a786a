import { createHost, serveThread, threadData } from '@prom/runtime/node'
import { runQueryThread } from '../query-thread.ts'

const { files, clock } = createHost(process)
const serve = runQueryThread(threadData(), { files, clock })
serveThread((task: never, _emit, transfer) => serve(task, transfer))
