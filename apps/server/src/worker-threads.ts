/** Each role in a thread of its own; its entry lies beside the program's main file. */
import { join } from 'node:path'
import { createWorkerPort } from '@prom/runtime/node'
import { createIngestPort, type IngestEvent, type IngestRequest } from '@prom/scrape'
import type { ServerThreads } from './threads.ts'

export function createWorkerThreads(folder: string): ServerThreads {
  return {
    startIngest: (settings, _host, _log, onReplay) => {
      const port = createWorkerPort<IngestRequest, unknown, IngestEvent>(
        join(folder, 'ingest.cjs'),
        settings,
        { name: 'ingest' },
      )
      const ended = new Promise<Error | undefined>((resolve) => {
        port.onExit(resolve)
      })
      return {
        ingest: createIngestPort(port, onReplay),
        ended,
        terminate: () => port.terminate(),
      }
    },
    createQueries: () => {
      throw new Error('query threads are not available in this build')
    },
  }
}
