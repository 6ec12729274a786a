/** The compaction thread: writes one block at a time for the ingest thread, which ends it when there is no more. */
import { createHost, serveThread, threadData } from '@prom/runtime/node'
import { type CompactionRequest, type CompactionResult, serveCompaction } from '@prom/tsdb'

const { memory } = threadData<{ readonly memory: WebAssembly.Memory }>()
const compact = serveCompaction(memory, createHost(process))

serveThread<CompactionRequest, CompactionResult>(async (request) => compact(request))
