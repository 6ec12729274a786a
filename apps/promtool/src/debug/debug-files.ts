/** `promtool debug ...`: what a server says about itself, packed into one archive. */
import { posix } from 'node:path'
import { compressGzip } from '@prom/compress'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { openClient } from '../open-client.ts'
import { writeTar } from './tar.ts'

const ARCHIVE = 'debug.tar.gz'
/** A profile takes thirty seconds; more than twice that is no answer. */
const TIMEOUT_MS = 120_000
const BODY_LIMIT_BYTES = 1 << 30

interface DebugFile {
  readonly name: string
  readonly path: string
}

export const PROFILES: readonly DebugFile[] = [
  { name: 'cpu.pb', path: '/debug/pprof/profile?seconds=30' },
  { name: 'block.pb', path: '/debug/pprof/block' },
  { name: 'goroutine.pb', path: '/debug/pprof/goroutine' },
  { name: 'heap.pb', path: '/debug/pprof/heap' },
  { name: 'mutex.pb', path: '/debug/pprof/mutex' },
  { name: 'threadcreate.pb', path: '/debug/pprof/threadcreate' },
  { name: 'trace.pb', path: '/debug/pprof/trace?seconds=30' },
]

export const METRICS: readonly DebugFile[] = [{ name: 'metrics.txt', path: '/metrics' }]

/** Asks for one after the other and writes the archive into the working folder. */
export async function debugFiles(
  server: string,
  files: readonly DebugFile[],
  context: Context,
): Promise<number> {
  const { host } = context
  const client = await openClient(undefined, context)
  try {
    const found: { name: string; bytes: Uint8Array }[] = []
    for (const { name, path } of files) {
      const url = `${server}${path}`
      host.stdout.write(`collecting: ${url}\n`)
      const { body } = await client
        .request({ method: 'GET', url, timeoutMs: TIMEOUT_MS, bodyLimitBytes: BODY_LIMIT_BYTES })
        .catch((err: Error) => {
          throw new Error(`error executing HTTP request: ${err.message}`)
        })
      found.push({ name, bytes: body })
    }
    host.files.replaceSync(posix.resolve(host.cwd, ARCHIVE), compressGzip(writeTar(found)))
  } catch (err) {
    host.stderr.write(`error completing debug command: ${(err as Error).message}\n`)
    return EXIT_FAILURE
  } finally {
    await client.close()
  }
  host.stdout.write(`Compiling debug information complete, all files written in "${ARCHIVE}".\n`)
  return EXIT_OK
}
