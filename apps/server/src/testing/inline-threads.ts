/** Roles inside the calling thread, for tests of the whole program. */
import { createInlinePort } from '@prom/runtime'
import {
  createIngestPort,
  type IngestEvent,
  type IngestRequest,
  IngestService,
  serveIngest,
} from '@prom/scrape'
import type { ServerThreads } from '../threads.ts'
import { FakeQueries } from './fakes.ts'

export function createInlineThreads(): ServerThreads {
  return {
    startIngest: ({ version }, host, log, onReplay) => {
      const service = new IngestService({ ...host, log, version, pid: host.process.pid, onReplay })
      const port = createInlinePort<IngestRequest, unknown, IngestEvent>(serveIngest(service))
      return {
        ingest: createIngestPort(port),
        ended: new Promise(() => {}),
        terminate: async () => {},
      }
    },
    createQueries: () =>
      Object.assign(new FakeQueries(), {
        vector: async () => ({
          labels: [],
          values: new Float64Array(),
          histograms: undefined,
          isScalar: false,
          warnings: [],
          infos: [],
        }),
        configure: () => {},
        run: async (signal: AbortSignal, ready: () => void) => {
          ready()
          await new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
        },
      }),
  }
}
