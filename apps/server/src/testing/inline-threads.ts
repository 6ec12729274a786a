/** Roles inside the calling thread, for tests of the whole program. */
import { createHttpClient } from '@prom/http'
import { createInlineQueries, type Queries } from '@prom/query'
import { WriteStorage } from '@prom/remote'
import { createInlinePort } from '@prom/runtime'
import {
  createIngestPort,
  type IngestEvent,
  type IngestRequest,
  IngestService,
  serveIngest,
} from '@prom/scrape'
import { attachTsdbReader } from '@prom/tsdb'
import type { ServerThreads } from '../threads.ts'

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
    startRemoteWrite: ({ version }, { clock, files, env }, log) => ({
      remote: new WriteStorage({
        ...{ clock, files, log, env },
        createClient: (config) =>
          createHttpClient(config, { clock, env, userAgent: `Prometheus/${version}` }),
      }),
      terminate: async () => {},
    }),
    createQueries: ({ lookbackMs, samplesMax, timeoutMs, subqueryStepMs }, storage, { host }) => {
      const { clock, files } = host
      const engine = { lookbackMs, parse: {}, features: {} }
      let made: Queries | undefined
      const ask = () => {
        made ??= createInlineQueries(
          { engine, samplesMax, timeoutMs, subqueryStepMs },
          { clock, source: attachTsdbReader({ ...storage(), readerIndex: 0 }, { files }) },
        )
        return made
      }
      return {
        instant: (...args) => ask().instant(...args),
        range: (...args) => ask().range(...args),
        vector: (...args) => ask().vector(...args),
        series: (...args) => ask().series(...args),
        labelNames: (...args) => ask().labelNames(...args),
        labelValues: (...args) => ask().labelValues(...args),
        remoteRead: (...args) => ask().remoteRead(...args),
        statistics: (...args) => ask().statistics(...args),
        latest: (...args) => ask().latest(...args),
        running: () => [],
        cancel: () => false,
        configure: () => {},
        run: async (signal, ready) => {
          ready()
          await new Promise<void>((resolve) => {
            if (signal.aborted) resolve()
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
        },
      }
    },
  }
}
