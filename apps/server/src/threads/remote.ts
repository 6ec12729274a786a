/** The thread that sends to remote storages: it follows the log on disk and shares nothing with the others. */
import { createHttpClient } from '@prom/http'
import { type RemoteWriteRequest, serveRemoteWrite, WriteStorage } from '@prom/remote'
import { createLogger } from '@prom/runtime'
import { createHost, serveThread, threadData } from '@prom/runtime/node'
import type { ThreadSettings } from '../threads.ts'

const { version, logLevel, logFormat } = threadData<ThreadSettings>()
const { clock, files, env, stderr } = createHost(process)
const log = createLogger(
  { level: logLevel, format: logFormat, source: 'remote' },
  (line) => stderr.write(line),
  clock,
)
const storage = new WriteStorage({
  ...{ clock, files, log, env },
  createClient: (config) =>
    createHttpClient(config, { clock, env, userAgent: `Prometheus/${version}` }),
})

serveThread<RemoteWriteRequest, unknown>(serveRemoteWrite(storage))
