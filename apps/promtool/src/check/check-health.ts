/** `promtool check healthy` and `check ready`. */
import { type Context, EXIT_FAILURE, EXIT_OK } from '../context.ts'
import { openClient } from '../open-client.ts'

const TIMEOUT_MS = 10_000

export interface CheckHealthValues {
  readonly url: string
  readonly httpConfigFile: string | undefined
  readonly path: '/-/healthy' | '/-/ready'
}

export async function checkHealth(values: CheckHealthValues, context: Context): Promise<number> {
  const { stderr } = context.host
  const url = `${values.url.replace(/\/+$/, '')}${values.path}`
  let client: Awaited<ReturnType<typeof openClient>> | undefined
  try {
    client = await openClient(values.httpConfigFile, context)
    const answer = await client.request({ method: 'GET', url, timeoutMs: TIMEOUT_MS })
    if (answer.status === 200) {
      stderr.write(`  SUCCESS:  ${new TextDecoder().decode(answer.body)}\n`)
      return EXIT_OK
    }
    stderr.write(`check failed: URL=${values.url}, status=${answer.status}\n`)
  } catch (err) {
    stderr.write(`${(err as Error).message}\n`)
  } finally {
    await client?.close()
  }
  return EXIT_FAILURE
}
