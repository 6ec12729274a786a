/** `promtool push metrics`: a metrics page, sent once by remote write. */

import { STATUS_CODES } from 'node:http'
import { posix } from 'node:path'
import { compressSnappy } from '@prom/compress'
import { readBuildInfo } from '@prom/daemon'
import { parseFamilies } from '@prom/exposition'
import type { HttpClient } from '@prom/http'
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { openClient } from '../open-client.ts'
import { encodeWriteRequest } from './metric-families.ts'

/** What of a refusal is shown. */
const ANSWER_CHARACTERS = 256

export interface PushMetricsValues {
  readonly url: string
  /** None: standard input. */
  readonly files: readonly string[]
  readonly labels: readonly (readonly [string, string])[]
  readonly headers: readonly (readonly [string, string])[]
  readonly timeoutMs: number
  readonly httpConfigFile: string | undefined
}

export async function pushMetrics(values: PushMetricsValues, context: Context): Promise<number> {
  const { host } = context
  const { stdout, stderr } = host
  let client: HttpClient
  try {
    client = await openClient(values.httpConfigFile, context)
  } catch (err) {
    stderr.write(`${(err as Error).message}\n`)
    return EXIT_FAILURE
  }
  let isFine = true
  const push = async (read: () => Promise<Uint8Array>, success: string) => {
    try {
      await send(await read(), values, client, context)
      stdout.write(`  SUCCESS: ${success} pushed to remote write.\n`)
    } catch (err) {
      stderr.write(`  FAILED: ${(err as Error).message}\n`)
      isFine = false
    }
  }
  try {
    if (values.files.length === 0) {
      stdout.write('Parsing standard input\n')
      await push(host.stdin, 'metrics')
    }
    for (const file of values.files) {
      stdout.write(`Parsing metrics file ${file}\n`)
      await push(() => host.files.read(posix.resolve(host.cwd, file)), `metrics file ${file}`)
    }
  } finally {
    await client.close()
  }
  return isFine ? EXIT_OK : EXIT_FAILURE
}

async function send(
  page: Uint8Array,
  values: PushMetricsValues,
  client: HttpClient,
  { host }: Context,
): Promise<void> {
  const request = encodeWriteRequest(parseFamilies(page), values.labels, host.clock.now())
  const { status, body } = await client.request({
    method: 'POST',
    url: values.url,
    headers: {
      'User-Agent': `Prometheus/${readBuildInfo(host.process).version}`,
      'Content-Encoding': 'snappy',
      'Content-Type': 'application/x-protobuf',
      'X-Prometheus-Remote-Write-Version': '0.1.0',
      ...Object.fromEntries(values.headers),
    },
    body: compressSnappy(request),
    timeoutMs: values.timeoutMs,
  })
  if (status >= 200 && status < 300) return
  const text = new TextDecoder().decode(body).slice(0, ANSWER_CHARACTERS)
  throw new Error(`server returned HTTP status ${status} ${STATUS_CODES[status] ?? ''}: ${text}`)
}
