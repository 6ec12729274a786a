/** The ingest thread: the only writer of storage, and all scraping. Main drives it with `createIngestPort`. */
import { join } from 'node:path'
import { createLogger, type LogFormat, type LogLevel } from '@prom/runtime'
import { createHost, createWorkerPort, serveThread, threadData } from '@prom/runtime/node'
import {
  type IngestControl,
  type IngestEvent,
  type IngestRequest,
  IngestService,
  serveIngest,
} from '@prom/scrape'
import type { CompactionRequest, CompactionResult } from '@prom/tsdb'

/** What main starts the thread with. */
export interface IngestThreadData {
  /** Where the entries of the threads lie. */
  readonly folder: string
  readonly version: string
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

const { folder, version, logLevel, logFormat } = threadData<IngestThreadData>()
const host = createHost(process)
const log = createLogger(
  { level: logLevel, format: logFormat, source: 'ingest' },
  (line) => host.stderr.write(line),
  host.clock,
)

let tell: (event: IngestEvent) => void = () => {}
const service: IngestControl = new IngestService({
  ...host,
  log,
  version,
  pid: host.process.pid,
  onReplay: (replay) => tell({ replay }),
  startCompactor: (memory) => {
    const port = createWorkerPort<CompactionRequest, CompactionResult>(
      join(folder, 'compact.cjs'),
      { memory },
      // It works over columns: a small space for what dies young keeps its memory small.
      { name: 'compact', resourceLimits: { maxYoungGenerationSizeMb: 4 } },
    )
    return { run: (request) => port.call(request), terminate: () => port.terminate() }
  },
})
const serve = serveIngest(service)

serveThread<IngestRequest, unknown, IngestEvent>((request, emit) => {
  tell = emit
  return serve(request)
})
